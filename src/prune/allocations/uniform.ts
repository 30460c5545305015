import { keepHighest } from '../select.js';
import { type Allocation, keptOf } from './allocation.js';

/** The same sparsity in every tensor, exact to one weight in each. */
export const uniform: Allocation = (tensors, sparsity) =>
  tensors.flatMap(({ keys, length }) => keepHighest([keys], keptOf(length, sparsity)));
