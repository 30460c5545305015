/** Which layers and residual blocks of a graph can be removed whole. */
import { OptionError } from '../errors.js';
import { expectOneOf, show } from '../options.js';
import { sameShape } from '../tensor/shape.js';
import { expectGraph, type Graph, type GraphNode } from './graph.js';

/** Layers that can go together: one with a weight and all that follows it up to the next, or the body of a residual block. */
export interface LayerRun {
  /** Of the layer, or of the fork of the block. */
  readonly name: string;
  readonly nodes: readonly GraphNode[];
}

/** A run, and why it cannot be replaced by nothing; null when it can. */
interface Candidate {
  readonly run: LayerRun;
  readonly stays: string | null;
}

const hasWeight = ({ parameters }: GraphNode) => parameters.some(({ role }) => role === 'weight');
const isFork = ({ type }: GraphNode) => type.role === 'fork';

/** Places of the nodes of the block that begins with the fork at `from`: its add, and its swap if it has one. */
function blockAt(nodes: readonly GraphNode[], from: number): { add: number; swap: number | null } {
  let swap: number | null = null;
  let depth = 1;
  for (let at = from + 1; ; at++) {
    const { role } = nodes[at]!.type;
    if (role === 'fork') depth++;
    if (role === 'swap' && depth === 1) swap = at;
    if (role === 'add' && --depth === 0) return { add: at, swap };
  }
}

/** Fork, body, swap and add: what is left is the shortcut, or nothing. */
function blockRun(nodes: readonly GraphNode[], from: number, last: number): Candidate & { end: number } {
  const { add, swap } = blockAt(nodes, from);
  const body = nodes.slice(from, (swap ?? add - 1) + 1);
  const output = body.includes(nodes[last]!) ? 'the output layer stays' : null;
  const stays = body.some(hasWeight) ? output : 'a block must hold a layer with a weight';
  return { run: { name: nodes[from]!.name, nodes: [...body, nodes[add]!] }, stays, end: add + 1 };
}

/** A layer with a weight and what follows it and keeps the shape, up to the next weight or block. */
function layerRun(nodes: readonly GraphNode[], from: number, last: number): Candidate & { end: number } {
  const { name, inputShape, outputShape } = nodes[from]!;
  const follows = (node: GraphNode | undefined) =>
    node && !hasWeight(node) && !isFork(node) && sameShape(node.inputShape, node.outputShape);
  let end = from + 1;
  while (follows(nodes[end])) end++;
  const units = outputShape.length === 1 ? 'as many units as inputs' : 'outputs of the shape of its inputs';
  const rule = sameShape(inputShape, outputShape) ? null : `a layer must have ${units}`;
  const stays = from === last ? 'the output layer stays' : rule;
  return { run: { name, nodes: nodes.slice(from, end) }, stays, end };
}

function candidatesOf({ nodes }: Graph): Candidate[] {
  const candidates: Candidate[] = [];
  const last = nodes.findLastIndex(hasWeight);
  for (let at = 0; at < nodes.length; ) {
    const node = nodes[at]!;
    if (!hasWeight(node) && !isFork(node)) {
      at++;
      continue;
    }
    const candidate = (hasWeight(node) ? layerRun : blockRun)(nodes, at, last);
    candidates.push(candidate);
    at = candidate.end;
  }
  return candidates;
}

/**
 * What can be removed whole, in order. A layer with a weight goes where its outputs have the shape of its inputs and another weight is
 * behind it; what follows it and keeps the shape, up to the next weight (batch normalization, activation), goes with it. The body of a
 * residual block goes, with fork and add, under the name of the fork: what is left is the shortcut, or the input as it came. Layers and
 * blocks within a block are not told: they go with it. Throws OptionError for what is no graph: `removableLayers(model.graph)`.
 */
export function removableLayers(graph: Graph): LayerRun[] {
  expectGraph('removableLayers', graph);
  return candidatesOf(graph).flatMap(({ run, stays }) => (stays === null ? [run] : []));
}

/** The block around a node that is in no run of its own. */
function whyWithin({ nodes }: Graph, name: string): string {
  const at = nodes.findIndex((node) => node.name === name);
  const block = nodes.find((node, i) => i < at && isFork(node) && blockAt(nodes, i).add > at);
  return `within a residual block layers go together with its body, as ${block!.name}`;
}

/** The run of the layer or fork of that name. Throws OptionError for other names, and with the rule when it must stay. */
export function expectRemovableLayer(where: string, graph: Graph, name: unknown): LayerRun {
  const known = expectOneOf(
    where,
    'layer',
    name,
    graph.nodes.filter((node) => hasWeight(node) || isFork(node)).map((node) => node.name),
  );
  const found = candidatesOf(graph).find(({ run }) => run.name === known);
  if (!found) throw new OptionError(`${where}: ${whyWithin(graph, known)}, got ${show(known)}`);
  if (found.stays === null) return found.run;
  const { inputShape, outputShape } = found.run.nodes[0]!;
  throw new OptionError(
    `${where}: ${found.stays}, got ${show(known)} with ${inputShape.join(' x ')} inputs and ${outputShape.join(' x ')} units`,
  );
}
