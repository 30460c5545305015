/** Which units (neurons, channels) of a graph can be removed, and what has to go with each. */
import { OptionError } from '../errors.js';
import { expectOneOf, show } from '../options.js';
import { sameShape, sizeOf } from '../tensor/shape.js';
import type { Graph, GraphNode } from './graph.js';

/** Rows or columns of one parameter that belong to the units of a group: unit u has u * stride to (u + 1) * stride - 1. */
export interface UnitMember {
  /** Position of the parameter in layer order, weight then bias. */
  readonly parameter: number;
  readonly axis: 'rows' | 'cols';
  readonly stride: number;
}

/** Units that can be removed, each by itself, from everything that makes, carries or reads them. */
export interface UnitGroup {
  /** Of the layer that makes them. */
  readonly name: string;
  readonly node: GraphNode;
  readonly units: number;
  /** Layers whose specs count these units. */
  readonly producers: readonly GraphNode[];
  /** Layers that hand them on, in order. */
  readonly carriers: readonly GraphNode[];
  /** Layers whose weights read them. */
  readonly consumers: readonly GraphNode[];
  readonly members: readonly UnitMember[];
}

/** Positions of the parameters of each node, in layer order. */
export function parameterPositions({ nodes }: Graph): readonly (readonly number[])[] {
  let next = 0;
  return nodes.map((node) => node.parameters.map(() => next++));
}

/** True for a layer with a weight, whose rows are its units. */
function makesUnits({ type, spec }: GraphNode): boolean {
  return type.unitFlow?.(spec) === 'mixes';
}

/** Layers that make units, in order; those of the last one are the outputs. */
export function unitLayers({ nodes }: Graph): GraphNode[] {
  return nodes.filter(makesUnits);
}

/** All parameters of a node along one axis, in equal runs for `units`; undefined when they do not come out even. */
function membersOf(
  node: GraphNode,
  positions: readonly number[],
  axis: UnitMember['axis'],
  units: number,
): UnitMember[] | undefined {
  const members: UnitMember[] = [];
  for (const [i, { role, shape }] of node.parameters.entries()) {
    if (axis === 'cols' && role !== 'weight') continue;
    const stride = (axis === 'rows' ? shape[0]! : sizeOf(shape) / shape[0]!) / units;
    if (!Number.isInteger(stride)) return undefined;
    members.push({ parameter: positions[i]!, axis, stride });
  }
  return members;
}

/** The group of a layer that makes units, or why they cannot be removed. */
function follow(
  { nodes }: Graph,
  positions: readonly (readonly number[])[],
  node: GraphNode,
): UnitGroup | string {
  const units = node.outputShape[0]!;
  const members = [...membersOf(node, positions[node.index]!, 'rows', units)!];
  const carriers: GraphNode[] = [];
  for (const next of nodes.slice(node.index + 1)) {
    const flow = next.type.unitFlow?.(next.spec) ?? 'carries';
    const axis = flow === 'mixes' ? 'cols' : 'rows';
    const own = membersOf(next, positions[next.index]!, axis, units);
    if (flow === 'couples' || !own) return `units before ${next.name} depend on each other and stay`;
    members.push(...own);
    if (flow === 'carries') carriers.push(next);
    else {
      return { name: node.name, node, units, producers: [node], carriers, consumers: [next], members };
    }
  }
  return 'units of the output layer are the outputs and stay';
}

/**
 * The removable units of a graph, layer by layer: those of every layer with a weight but the last, unless a layer
 * that couples them (softmax) comes before the next weight.
 */
export function unitGroups(graph: Graph): UnitGroup[] {
  const positions = parameterPositions(graph);
  return unitLayers(graph)
    .map((node) => follow(graph, positions, node))
    .filter((group) => typeof group !== 'string');
}

/** The group of the layer of that name. Throws OptionError for other names, and with the rule when its units must stay. */
export function expectUnitGroup(where: string, graph: Graph, name: unknown): UnitGroup {
  const layers = unitLayers(graph);
  const known = expectOneOf(
    where,
    'layer',
    name,
    layers.map((node) => node.name),
  );
  const found = follow(graph, parameterPositions(graph), layers.find((node) => node.name === known)!);
  if (typeof found === 'string') throw new OptionError(`${where}: ${found}, got ${show(known)}`);
  return found;
}

/** A layer with a weight, with all that follows it up to the next one. */
export interface LayerRun {
  readonly name: string;
  readonly nodes: readonly GraphNode[];
}

function runsOf({ nodes }: Graph): LayerRun[] {
  const starts = nodes.filter(makesUnits);
  return starts.map((node, i) => ({
    name: node.name,
    nodes: nodes.slice(node.index, starts[i + 1]?.index ?? nodes.length),
  }));
}

/** Why a run of layers cannot be replaced by nothing, or null when it can. */
function whyStays(run: LayerRun, last: boolean): string | null {
  if (last) return 'the output layer stays';
  const [from, to] = [run.nodes[0]!.inputShape, run.nodes.at(-1)!.outputShape];
  return sameShape(from, to) ? null : 'a layer must have as many units as inputs';
}

/**
 * Layers that can be removed whole: with a weight, as many units as inputs, and another weight after them. What follows such
 * a layer up to the next weight (its activation) goes with it.
 */
export function removableLayers(graph: Graph): LayerRun[] {
  const runs = runsOf(graph);
  return runs.filter((run, i) => whyStays(run, i === runs.length - 1) === null);
}

/** The run of the layer of that name. Throws OptionError for other names, and with the rule when it must stay. */
export function expectRemovableLayer(where: string, graph: Graph, name: unknown): LayerRun {
  const runs = runsOf(graph);
  const known = expectOneOf(
    where,
    'layer',
    name,
    runs.map((run) => run.name),
  );
  const at = runs.findIndex((run) => run.name === known);
  const rule = whyStays(runs[at]!, at === runs.length - 1);
  if (rule === null) return runs[at]!;
  const { inputShape, outputShape } = runs[at]!.nodes[0]!;
  throw new OptionError(
    `${where}: ${rule}, got ${show(known)} with ${inputShape.join(' x ')} inputs and ${outputShape.join(' x ')} units`,
  );
}
