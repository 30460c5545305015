/** What allocations share that decide how many weights each tensor keeps. */
import { keepHighest } from '../select.js';
import type { ScoredTensor } from './allocation.js';

/** Weights of a tensor that are not pruned yet: the others have the key 0. */
function liveOf({ keys }: ScoredTensor): number {
  let live = 0;
  for (let i = 0; i < keys.length; i++) if (keys[i] !== 0) live++;
  return live;
}

/** `counts` cut to what there is; what is cut goes to the others, in proportion to what they have left. */
function within(counts: readonly number[], limits: readonly number[]): number[] {
  const result = counts.map((count, i) => Math.min(count, limits[i]!));
  let missing = counts.reduce((sum, count, i) => sum + count - result[i]!, 0);
  while (missing > 0) {
    const room = result.map((count, i) => limits[i]! - count);
    const all = room.reduce((sum, left) => sum + left, 0);
    if (all === 0) break;
    const before = missing;
    room.forEach((left, i) => {
      const more = Math.min(left, missing, Math.max(1, Math.floor((before * left) / all)));
      result[i]! += more;
      missing -= more;
    });
  }
  return result;
}

/** So many of each tensor, but no more than it has left: what a tensor has lost already, others keep in its place. */
export function countsWithin(tensors: readonly ScoredTensor[], counts: readonly number[]): number[] {
  return within(counts, tensors.map(liveOf));
}

/** Masks that keep so many of the highest of each tensor, as countsWithin() says. */
export function keepCounts(tensors: readonly ScoredTensor[], counts: readonly number[]): Uint8Array[] {
  const kept = countsWithin(tensors, counts);
  return tensors.flatMap(({ keys }, i) => keepHighest([keys], kept[i]!));
}
