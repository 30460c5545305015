import type { Graph, GraphNode } from './graph.js';
import { unitClasses } from './unitClasses.js';

/**
 * The first batch normalization that the outputs of a layer come to with their units still their own: through activations, pooling,
 * depthwise convolutions and sums. Undefined where there is none.
 */
export function batchNormBehind(graph: Graph, { index }: GraphNode): GraphNode | undefined {
  const carriers = unitClasses(graph).find(({ producers }) =>
    producers.some((node) => node.index === index),
  )?.carriers;
  const reached = new Set([index]);
  for (const node of carriers ?? []) {
    if (!node.inputs.some((input) => reached.has(input))) continue;
    if (node.type.kind === 'batchNorm') return node;
    reached.add(node.index);
  }
  return undefined;
}
