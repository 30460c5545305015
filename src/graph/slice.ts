/** Parts of a network. */
import { OptionError } from '../errors.js';
import { show } from '../options.js';
import type { Graph } from './graph.js';
import type { Network } from './network.js';

/**
 * Layers `begin` to `end` (not included) as a network of their own: the same values, nothing copied. Layers keep their names;
 * there must be at least one.
 */
export function sliceNetwork({ graph, parameters }: Network, begin: number, end: number): Network {
  const nodes = graph.nodes.slice(begin, end).map((node, index) => ({ ...node, index }));
  const [inputShape, outputShape] = [nodes[0]!.inputShape, nodes.at(-1)!.outputShape];
  return { graph: { inputShape, outputShape, nodes }, parameters: parameters.slice(begin, end) };
}

/** Index of a layer behind which a network may be cut in two. Throws OptionError unless it names one that is not the last. */
export function cutAfter(where: string, { nodes }: Graph, after: unknown): number {
  const names = nodes.slice(0, -1).map(({ name }) => name);
  const at = names.indexOf(after as string);
  if (at < 0) {
    const those = names.length === 0 ? 'a layer of a network of several' : `one of ${names.join(', ')}`;
    throw new OptionError(`${where}: after must be ${those}, got ${show(after)}`);
  }
  return at;
}
