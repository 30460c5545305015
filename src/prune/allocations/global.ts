import { describedAs } from '../../described.js';
import { keepHighest } from '../select.js';
import { type Allocation, keptOf, type ScoredTensor } from './allocation.js';

/** One ranking over all tensors together: exact to one weight in all. */
export const global: Allocation = describedAs(
  { kind: 'global' },
  Object.assign(
    (tensors: readonly ScoredTensor[], sparsity: number) =>
      keepHighest(
        tensors.map(({ keys }) => keys),
        keptOf(
          tensors.reduce((sum, { length }) => sum + length, 0),
          sparsity,
        ),
      ),
    { stored: true },
  ),
);
