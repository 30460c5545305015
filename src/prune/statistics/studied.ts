/** Which weights of a model are studied, and where their units have their final values. */
import type { Graph, GraphNode } from '../../graph/graph.js';
import { stagesOf } from '../../train/stages.js';
import type { Trainable } from '../../train/trainable.js';
import type { StudiedWeight } from './statistic.js';

const activates = ({ type }: GraphNode) => type.role === 'clamp' || type.role === 'elementwise';

/** True for a layer that hands every unit on by itself, and has no weight of its own. */
function handsOn(node: GraphNode): boolean {
  const { role, couplesUnits } = node.type;
  const passes = role === 'affine' || role === 'resample' || role === 'identity';
  return !couplesUnits && (passes || activates(node));
}

/**
 * The layer behind which the units of another have their final values: the first activation that follows, through batch
 * normalization and pooling; without one, the last of those before other weights, or a sum, take them in.
 */
export function settledAt({ nodes }: Graph, layer: number): number {
  let at = layer;
  for (;;) {
    const readers = nodes.filter(({ inputs }) => inputs.includes(at));
    const next = readers[0];
    if (readers.length !== 1 || !next || !handsOn(next)) return at;
    at = next.index;
    if (activates(next)) return at;
  }
}

/** All weights with where they stand in the graph. */
export function studiedWeights({
  graph,
  parameters,
}: Pick<Trainable, 'graph' | 'parameters'>): StudiedWeight[] {
  return stagesOf(graph).flatMap(({ node, parameters: [index, bias] }) => {
    if (index === undefined || !parameters[index]!.prunable) return [];
    const activation = settledAt(graph, node.index);
    return [{ index, parameter: parameters[index]!, bias, layer: node.index, activation }];
  });
}
