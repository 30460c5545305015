import { describedAs } from '../../described.js';
import { rounded } from '../../graph/distributions.js';
import { type Allocation, keptOf, type ScoredTensor } from './allocation.js';
import { keepCounts } from './kept.js';

/** Groups that each tensor keeps when all lose the same share: whole numbers whose sum is exact. */
export function evenly(tensors: readonly ScoredTensor[], sparsity: number): number[] {
  const lengths = tensors.map(({ length }) => length);
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const exact = lengths.map((length) => length * (1 - sparsity));
  return rounded(exact, lengths, keptOf(total, sparsity));
}

/**
 * The same sparsity in every tensor, to one weight in each and exactly in all. What a tensor has lost already beyond that,
 * others keep in its place.
 */
export const uniform: Allocation = describedAs(
  { kind: 'uniform' },
  Object.assign(
    (tensors: readonly ScoredTensor[], sparsity: number) => keepCounts(tensors, evenly(tensors, sparsity)),
    { stored: true, byShape: true },
  ),
);
