import { describe, expect, test } from 'vitest';
import { type Dataset, pick, sampleSize, split, subset, take } from '../../datasets/index.js';
import { OptionError, ShapeError } from '../../src/errors.js';

/** `labels.length` samples of three numbers; the first of them tells the sample. */
function numbered(labels: number[]): Dataset {
  const images = Float32Array.from({ length: labels.length * 3 }, (_, i) => i);
  return { images, labels: Uint8Array.from(labels), shape: [1, 1, 3] };
}

const identities = ({ images }: Dataset) =>
  Array.from(
    images.filter((_, i) => i % 3 === 0),
    (value) => value / 3,
  );
const uneven = numbered(Array.from({ length: 100 }, (_, i) => (i < 70 ? 0 : i < 95 ? 1 : 2)));

function classCounts({ labels }: Dataset): number[] {
  return [0, 1, 2].map((label) => labels.filter((other) => other === label).length);
}

describe('subset, take and pick', () => {
  const set = numbered([5, 6, 7, 8]);

  test('sampleSize is the product of the shape', () => {
    expect(sampleSize(set)).toBe(3);
  });

  test('subset gives the samples from one index up to another, as views', () => {
    const middle = subset(set, 1, 3);
    expect(middle.images).toEqual(Float32Array.of(3, 4, 5, 6, 7, 8));
    expect(middle.labels).toEqual(Uint8Array.of(6, 7));
    expect(middle.shape).toEqual([1, 1, 3]);
    expect(middle.images.buffer).toBe(set.images.buffer);
    expect(subset(set, 2, 2).labels.length).toBe(0);
  });

  test('take gives the first samples', () => {
    expect(take(set, 2)).toEqual(subset(set, 0, 2));
    expect(take(set, 0).images.length).toBe(0);
  });

  test('pick copies the samples at indices, in that order', () => {
    const picked = pick(set, [3, 0, 3]);
    expect(picked.images).toEqual(Float32Array.of(9, 10, 11, 0, 1, 2, 9, 10, 11));
    expect(picked.labels).toEqual(Uint8Array.of(8, 5, 8));
  });

  test.each<[string, () => unknown, RegExp]>([
    ['subset beyond the end', () => subset(set, 0, 5), /subset: to must be at most 4, got 5/],
    ['subset from a negative index', () => subset(set, -1, 2), /subset: from must be a whole number >= 0/],
    ['subset that ends before it begins', () => subset(set, 3, 2), /subset: to must be a whole number >= 3/],
    ['take of more than there is', () => take(set, 5), /take: count must be at most 4, got 5/],
    [
      'pick of an index beyond the end',
      () => pick(set, [4]),
      /indices must be whole numbers in \[0, 4\), got 4/,
    ],
    ['pick of a fraction', () => pick(set, [0.5]), /indices must be whole numbers in \[0, 4\), got 0.5/],
  ])('refuse %s', (_, call, rule) => {
    expect(call).toThrow(OptionError);
    expect(call).toThrow(rule);
  });

  test('refuse images and labels that disagree', () => {
    const broken = { ...set, labels: Uint8Array.of(1) };
    expect(() => take(broken, 1)).toThrow(ShapeError);
    expect(() => take(broken, 1)).toThrow('images must hold 1 samples (one per label) of 3 numbers, got 12');
  });
});

describe('split', () => {
  test.each([true, false])('puts every sample in exactly one part (stratified: %s)', (stratified) => {
    const { train, validation, test } = split(uneven, { validation: 11, test: 20, stratified });
    expect([train, validation, test].map((part) => part.labels.length)).toEqual([69, 11, 20]);
    const all = [train, validation, test].flatMap(identities);
    expect(all).not.toEqual(all.toSorted((a, b) => a - b));
    expect(all.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
  });

  test('keeps images and labels together', () => {
    const { train } = split(uneven, { test: 20 });
    expect([...train.labels]).toEqual(identities(train).map((i) => uneven.labels[i]));
  });

  test('gives each part the share of every class when stratified', () => {
    const { train, validation, test } = split(uneven, { validation: 20, test: 20 });
    expect([train, validation, test].map(classCounts)).toEqual([
      [42, 15, 3],
      [14, 5, 1],
      [14, 5, 1],
    ]);
  });

  test('rounds shares by largest remainder, ties to the lower class', () => {
    const { test } = split(numbered([0, 0, 1, 1, 2, 2]), { test: 4 });
    expect(classCounts(test)).toEqual([2, 1, 1]);
  });

  test('depends on the seed alone', () => {
    const options = { validation: 10, test: 10 };
    expect(split(uneven, { ...options, seed: 3 })).toEqual(split(uneven, { ...options, seed: 3 }));
    expect(split(uneven, { ...options, seed: 3 })).not.toEqual(split(uneven, { ...options, seed: 4 }));
    expect(split(uneven, { ...options, seed: 2 ** 32 })).not.toEqual(split(uneven, { ...options, seed: 0 }));
  });

  test.each([true, false])('keeps the test part when validation changes (stratified: %s)', (stratified) => {
    const first = split(uneven, { test: 20, validation: 0, stratified });
    expect(split(uneven, { test: 20, validation: 33, stratified }).test).toEqual(first.test);
  });

  test('can empty the train part, and split nothing', () => {
    expect(split(uneven, { validation: 50, test: 50 }).train.labels.length).toBe(0);
    expect(split(numbered([])).train.labels.length).toBe(0);
  });

  test.each<[string, object, RegExp]>([
    [
      'more than there is',
      { validation: 90, test: 11 },
      /validation \+ test must be at most 100, got 90 \+ 11/,
    ],
    ['an unknown name', { stratifed: true }, /did you mean "stratified"\?/],
    [
      'a stratified that is neither true nor false',
      { stratified: 1 },
      /stratified must be true or false, got 1/,
    ],
    ['a negative seed', { seed: -1 }, /seed must be a whole number >= 0, got -1/],
  ])('refuses %s', (_, options, rule) => {
    expect(() => split(uneven, options)).toThrow(OptionError);
    expect(() => split(uneven, options)).toThrow(rule);
  });
});
