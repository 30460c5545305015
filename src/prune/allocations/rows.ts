import { describedAs } from '../../described.js';
import { rounded } from '../../graph/distributions.js';
import { keepHighest } from '../select.js';
import type { Allocation, ScoredTensor } from './allocation.js';
import { countsWithin } from './kept.js';
import { evenly } from './uniform.js';

/** Masks of one tensor: every row keeps the same number, to one. */
function keepInRows({ keys, columns, length }: ScoredTensor, kept: number): Uint8Array {
  const rows = columns === 0 ? 0 : length / columns;
  const parts = Array.from({ length: rows }, (_, row) => keys.subarray(row * columns, (row + 1) * columns));
  const live = parts.map((part) => part.reduce((sum, key) => sum + (key === 0 ? 0 : 1), 0));
  // Rows that have fewer left than their share give theirs to the others.
  const exact = live.map(() => 0);
  for (let open = live.map((_, row) => row), left = kept; open.length > 0; ) {
    const share = left / open.length;
    const short = open.filter((row) => live[row]! <= share);
    if (short.length === 0) {
      for (const row of open) exact[row] = share;
      break;
    }
    for (const row of short) {
      exact[row] = live[row]!;
      left -= live[row]!;
    }
    open = open.filter((row) => !short.includes(row));
  }
  const counts = rounded(exact, live, kept);
  const mask = new Uint8Array(keys.length);
  parts.forEach((part, row) => {
    mask.set(keepHighest([part], counts[row]!)[0]!, row * columns);
  });
  return mask;
}

/**
 * The same sparsity in every tensor, as with 'uniform', and, inside it, in every output row: no output loses more of its inputs than
 * another. What a tensor, or a row, has lost already beyond that, others keep in its place.
 * Sun et al. 2023, arXiv:2306.11695.
 */
export const rows: Allocation = describedAs(
  { kind: 'rows' },
  Object.assign(
    (tensors: readonly ScoredTensor[], sparsity: number) => {
      const counts = countsWithin(tensors, evenly(tensors, sparsity));
      return tensors.map((tensor, i) => keepInRows(tensor, counts[i]!));
    },
    { withinTensors: true, byShape: true },
  ),
);
