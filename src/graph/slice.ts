/** Parts of a network. */
import { OptionError } from '../errors.js';
import { show } from '../options.js';
import { type Graph, NETWORK_INPUT } from './graph.js';
import type { Network } from './network.js';

/**
 * Layers `begin` to `end` (not included) as a network of their own: the same values, nothing copied. Layers keep their names;
 * there must be at least one, and no branch may be cut.
 */
export function sliceNetwork({ graph, parameters }: Network, begin: number, end: number): Network {
  const moved = (input: number) => Math.max(NETWORK_INPUT, input - begin);
  const nodes = graph.nodes
    .slice(begin, end)
    .map((node, index) => ({ ...node, index, inputs: node.inputs.map(moved) }));
  const [inputShape, outputShape] = [nodes[0]!.inputShape, nodes.at(-1)!.outputShape];
  return { graph: { inputShape, outputShape, nodes }, parameters: parameters.slice(begin, end) };
}

/** Layers behind which nothing but their own output is still to be read. */
function cuttable({ nodes }: Graph): readonly string[] {
  let open = 0;
  return nodes.flatMap(({ name, type: { role } }) => {
    if (role === 'fork') open++;
    if (role === 'add') open--;
    return open === 0 ? [name] : [];
  });
}

/** Index of a layer behind which a network may be cut in two. Throws OptionError unless it names one that is not the last. */
export function cutAfter(where: string, graph: Graph, after: unknown): number {
  const { nodes } = graph;
  const last = nodes.at(-1)!.name;
  const names = cuttable(graph).filter((name) => name !== last);
  if (!names.includes(after as string)) {
    const those = names.length === 0 ? 'a layer of a network of several' : `one of ${names.join(', ')}`;
    throw new OptionError(`${where}: after must be ${those}, got ${show(after)}`);
  }
  return nodes.findIndex(({ name }) => name === after);
}
