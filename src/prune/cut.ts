/** What one pruning did to one tensor: where it cut, and what went. */
import type { GroupedTensor } from './grouped.js';
import { keyOf, scoreOf } from './select.js';

/** Bars of a histogram of scores. */
const BARS = 48;
const TWENTY_OCTAVES = 1048576;

/** Scores of one tensor as counts. Bars are equally wide on a logarithmic scale; on a linear one where signs differ. */
export interface ScoreHistogram {
  /** Limits of the bars, ascending; one more than there are bars. */
  readonly edges: readonly number[];
  /** How many stayed, and how many went, bar by bar. */
  readonly kept: readonly number[];
  readonly pruned: readonly number[];
}

/** One tensor in one round. Groups are single weights, blocks or units. */
export interface Cut {
  readonly name: string;
  /** Groups in a row of the tensor. */
  readonly columns: number;
  /** The lowest score that stayed; null when nothing did. */
  readonly threshold: number | null;
  /** Groups that went, ascending, with their scores. */
  readonly positions: Uint32Array;
  readonly scores: Float32Array;
  readonly histogram: ScoreHistogram;
}

/** Bars between two keys: on a logarithmic scale, or on a linear one where there are scores of both signs. */
function barsOf(low: number, high: number): { place(key: number): number; edge(bar: number): number } {
  const zero = keyOf(0);
  if (low < zero && high > zero) {
    const [from, to] = [scoreOf(low), scoreOf(high)];
    const width = (to - from) / BARS;
    return { place: (key) => (scoreOf(key) - from) / width, edge: (bar) => from + bar * width };
  }
  const width = Math.max(1, (high - low) / BARS);
  return {
    place: (key) => (key - low) / width,
    edge: (bar) => scoreOf(Math.floor(low + bar * width) >>> 0),
  };
}

/** Lowest and highest key of a score that is finite and not 0. */
function rangeOf(keys: Uint32Array): { low: number; high: number } {
  const [zero, least, most] = [keyOf(0), keyOf(-Infinity), keyOf(Infinity)];
  let [low, high] = [most, 0];
  for (const key of keys) {
    if (key <= least || key >= most || key === zero) continue; // 0: pruned before; beyond all: lifted by the guard
    if (key < low) low = key;
    if (key > high) high = key;
  }
  if (low > high) return { low: zero, high: zero };
  // The lowest scores may be many octaves down: all that are twenty below the highest share the first bar.
  const floor = keyOf(scoreOf(high) / TWENTY_OCTAVES);
  return { low: low > zero && floor > low ? floor : low, high };
}

/** Counts of live groups by score, between the lowest and the highest one. */
function histogramOf(keys: Uint32Array, keep: Uint8Array): ScoreHistogram {
  const { low, high } = rangeOf(keys);
  const bars = barsOf(low, high);
  const kept = Array.from({ length: BARS }, () => 0);
  const pruned = kept.slice();
  keys.forEach((key, i) => {
    if (key === 0) return;
    const bar = Math.floor(bars.place(Math.min(high, Math.max(low, key))));
    (keep[i] === 1 ? kept : pruned)[Math.min(BARS - 1, bar)]!++;
  });
  return { edges: Array.from({ length: BARS + 1 }, (_, bar) => bars.edge(bar)), kept, pruned };
}

/** What went of a tensor, and why. */
export function cutOf({ tensor, scores, positions }: GroupedTensor, keep: Uint8Array): Cut {
  const { name, keys, columns } = tensor;
  const gone: number[] = [];
  let threshold: number | null = null;
  keys.forEach((key, i) => {
    if (key === 0) return;
    if (keep[i] === 0) gone.push(i);
    else if (threshold === null || scores[i]! < threshold) threshold = scores[i]!;
  });
  return {
    name,
    columns,
    threshold,
    positions: Uint32Array.from(gone, (i) => positions?.[i] ?? i),
    scores: Float32Array.from(gone, (i) => scores[i]!),
    histogram: histogramOf(keys, keep),
  };
}
