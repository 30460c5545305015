/** Masks for a share of zeros from scores that a method keeps. */
import type { Parameter } from '../../tensor/parameter.js';
import type { Allocation, ScoredTensor } from '../allocations/index.js';
import { deviationOf } from '../deviation.js';
import { chooseMasks } from '../mask.js';
import { sortableKeys } from '../select.js';

/**
 * Masks that leave a share `sparsity` of zeros over all weights: the highest scores stay, ties keep the lower index, and
 * every tensor keeps its best. `scores` of a weight are finite, row-major. Throws ShapeError or DataError for what a
 * user's allocation returns.
 */
export function rankedMasks<Weight extends { readonly parameter: Parameter }>(
  weights: readonly Weight[],
  scores: (weight: Weight) => Float32Array,
  allocation: Allocation,
  sparsity: number,
): readonly Uint8Array[] {
  const tensors = weights.map((weight): ScoredTensor => {
    const { name, shape, length, cols } = weight.parameter;
    const keys = sortableKeys(name, scores(weight));
    return { name, shape, length, keys, columns: cols, deviation: () => deviationOf(weight.parameter) };
  });
  return chooseMasks(tensors, { allocation, guard: true }, sparsity).masks;
}
