import { keepHighest } from '../select.js';
import { type Allocation, keptOf } from './allocation.js';

/** One ranking over all tensors together: exact to one weight in all. */
export const global: Allocation = (tensors, sparsity) =>
  keepHighest(
    tensors.map(({ keys }) => keys),
    keptOf(
      tensors.reduce((sum, { length }) => sum + length, 0),
      sparsity,
    ),
  );
