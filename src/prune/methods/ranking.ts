/** Masks for a share of zeros from scores that a method keeps. */
import { DataError, ShapeError } from '../../errors.js';
import type { Parameter } from '../../tensor/parameter.js';
import type { Allocation, ScoredTensor } from '../allocations/index.js';
import { deviationOf } from '../deviation.js';
import { sortableKeys } from '../select.js';

/** The best weight of a tensor ranks above all others: no layer loses its last connection. */
function lift(keys: Uint32Array): void {
  let best = 0;
  for (let i = 1; i < keys.length; i++) if (keys[i]! > keys[best]!) best = i;
  keys[best] = 0xffffffff;
}

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
    lift(keys);
    return { name, shape, length, keys, columns: cols, deviation: () => deviationOf(weight.parameter) };
  });
  const masks = allocation(tensors, sparsity);
  if (masks.length !== tensors.length || masks.some((mask, i) => mask.length !== tensors[i]!.length)) {
    throw new ShapeError('prune: an allocation must return one mask for every weight, got others');
  }
  const other = masks.flatMap((mask) => mask.find((kept) => kept > 1) ?? []);
  if (other.length > 0) throw new DataError(`prune: masks must hold only 0 and 1, got ${other[0]}`);
  return masks;
}
