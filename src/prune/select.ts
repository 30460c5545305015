/** Exact selection of the highest scores. */
import { DataError } from '../errors.js';

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** A whole number that sorts like the float32 it is made of; -0 equals 0. */
export function keyOf(score: number): number {
  float[0] = score === 0 ? 0 : score;
  return (bits[0]! & 0x80000000 ? ~bits[0]! : bits[0]! | 0x80000000) >>> 0;
}

/** Inverse of keyOf. */
export function scoreOf(key: number): number {
  bits[0] = key & 0x80000000 ? key & 0x7fffffff : ~key;
  return float[0]!;
}

/** Whole numbers that sort like the floats; -0 equals 0. Throws DataError on NaN. */
export function sortableKeys(name: string, scores: Float32Array): Uint32Array {
  const keys = new Uint32Array(scores.length);
  const bits = new Uint32Array(scores.buffer, scores.byteOffset, scores.length);
  for (let i = 0; i < keys.length; i++) {
    if (Number.isNaN(scores[i]))
      throw new DataError(`prune: scores of ${name} must be numbers, got NaN at ${i}`);
    const b = scores[i] === 0 ? 0 : bits[i]!;
    keys[i] = b & 0x80000000 ? ~b : b | 0x80000000;
  }
  return keys;
}

/** Keys of one list that are sorted rather than counted. */
const FEW = 4096;

/** Counts keys by 16 of their bits, among those whose higher bits equal `prefix`. */
function histogram(lists: readonly Uint32Array[], shift: number, prefix: number | null): Uint32Array {
  const counts = new Uint32Array(65536);
  for (const keys of lists) {
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i]!;
      if (prefix === null || key >>> 16 === prefix) counts[(key >>> shift) & 0xffff]!++;
    }
  }
  return counts;
}

/** Highest bin such that all bins from it on hold at least `count`; and how many lie above it. */
function binOf(counts: Uint32Array, count: number): { bin: number; above: number } {
  let above = 0;
  for (let bin = 65535; bin > 0; bin--) {
    if (above + counts[bin]! >= count) return { bin, above };
    above += counts[bin]!;
  }
  return { bin: 0, above };
}

/** The `keep`-th highest key, and how many keys are above it. */
function cutAt(lists: readonly Uint32Array[], keep: number): { threshold: number; above: number } {
  const total = lists.reduce((sum, { length }) => sum + length, 0);
  if (lists.length === 1 && total <= FEW) {
    const sorted = lists[0]!.slice().sort();
    const threshold = sorted[Math.max(0, total - keep)]!;
    return { threshold, above: total - 1 - sorted.lastIndexOf(threshold) };
  }
  const high = binOf(histogram(lists, 16, null), keep);
  const low = binOf(histogram(lists, 0, high.bin), keep - high.above);
  return { threshold: ((high.bin << 16) | low.bin) >>> 0, above: high.above + low.above };
}

/**
 * Masks that keep exactly the `keep` highest keys over all lists together, in two passes over 16 bits each.
 * Ties keep the lower index, in lists before others: the same masks on every engine.
 */
export function keepHighest(lists: readonly Uint32Array[], keep: number): Uint8Array[] {
  if (keep <= 0) return lists.map((keys) => new Uint8Array(keys.length));
  const { threshold, above } = cutAt(lists, keep);
  let ties = keep - above;
  return lists.map((keys) => {
    const mask = new Uint8Array(keys.length);
    for (let i = 0; i < keys.length; i++) {
      if (keys[i]! > threshold || (keys[i] === threshold && ties-- > 0)) mask[i] = 1;
    }
    return mask;
  });
}
