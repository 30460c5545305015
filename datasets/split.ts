/** Seeded splits into train, validation and test. */
import { OptionError } from '../src/errors.js';
import { expectBoolean, expectInteger, expectOptions } from '../src/options.js';
import { type Dataset, expectDataset, pick, type Splits } from './dataset.js';
import { type RandomStream, randomStream, shuffle } from './random.js';

/** Options of {@link split}. */
export interface SplitOptions {
  /** Samples for validation. Default 0. */
  readonly validation?: number;
  /** Samples for the test. Default 0. */
  readonly test?: number;
  /** Seed of the shuffle. Default 1. */
  readonly seed?: number;
  /** Whether each part keeps the share of every class. Default true. */
  readonly stratified?: boolean;
}

/** Samples of each class among `order`. */
function countClasses(labels: Uint8Array, order: ArrayLike<number>): number[] {
  const counts = new Array<number>(256).fill(0);
  for (let i = 0; i < order.length; i++) counts[labels[order[i]!]!]!++;
  return counts;
}

/** `wanted` shared out in proportion to `counts`: largest remainder, ties to the lower class. */
function quotas(counts: readonly number[], wanted: number): number[] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const shares = counts.map((count) => Math.floor((count * wanted) / Math.max(total, 1)));
  const left = wanted - shares.reduce((sum, share) => sum + share, 0);
  // (count * wanted) % total is the remainder in whole numbers, free of rounding.
  const byRemainder = counts
    .map((count, label) => ({ label, remainder: (count * wanted) % Math.max(total, 1) }))
    .sort((a, b) => b.remainder - a.remainder || a.label - b.label);
  for (const { label } of byRemainder.slice(0, left)) shares[label]!++;
  return shares;
}

/** Parts `order` into `wanted` samples, of each class its quota, and the others; both in random order. */
function draw(
  labels: Uint8Array,
  order: number[],
  wanted: number,
  random: RandomStream,
): [number[], number[]] {
  const left = quotas(countClasses(labels, order), wanted);
  const drawn: number[] = [];
  const others: number[] = [];
  for (const index of order) (left[labels[index]!]!-- > 0 ? drawn : others).push(index);
  // Where the quota of one class ran out before that of another, the order would tell.
  return [shuffle(drawn, random), shuffle(others, random)];
}

/**
 * Shuffles `dataset` and parts it into train, validation and test; copies, with no sample in two parts.
 *
 * The shuffled samples first fill `test`, then `validation`, and the rest is `train`; each part is in random order.
 * With `stratified`, each class has its exact share of test, and then of validation, rounded up or down (largest
 * remainder, ties to the lower class). The test part depends on `test`, `seed` and `stratified` alone, so
 * that another size of validation never moves a sample into it.
 *
 * Throws `OptionError` for options out of range, `ShapeError` when images and labels disagree.
 */
export function split(dataset: Dataset, options: SplitOptions = {}): Splits {
  expectOptions('split', options, ['validation', 'test', 'seed', 'stratified']);
  const validation = expectInteger('split', 'validation', options.validation ?? 0, 0);
  const test = expectInteger('split', 'test', options.test ?? 0, 0);
  const seed = expectInteger('split', 'seed', options.seed ?? 1, 0);
  const stratified = expectBoolean('split', 'stratified', options.stratified ?? true);
  const count = expectDataset('split', dataset);
  if (validation + test > count) {
    throw new OptionError(`split: validation + test must be at most ${count}, got ${validation} + ${test}`);
  }
  const random = randomStream(seed);
  const all = Array.from({ length: count }, (_, i) => i);
  const part = (order: number[], wanted: number): [number[], number[]] =>
    stratified ? draw(dataset.labels, order, wanted, random) : [order.slice(0, wanted), order.slice(wanted)];
  const [testOrder, others] = part(shuffle(all, random), test);
  const [validationOrder, trainOrder] = part(others, validation);
  return {
    train: pick(dataset, trainOrder),
    validation: pick(dataset, validationOrder),
    test: pick(dataset, testOrder),
  };
}
