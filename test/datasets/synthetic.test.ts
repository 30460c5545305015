import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type Dataset, sampleSize, subset, syntheticDigits, take } from '../../datasets/index.js';
import { OptionError } from '../../src/errors.js';

const digest = ({ images, labels }: Dataset) =>
  createHash('sha256').update(new Uint8Array(images.buffer)).update(labels).digest('hex');

/** Share of `test` whose nearest class mean of `train` (squared distance) is its own class. */
function nearestMeanAccuracy(train: Dataset, test: Dataset, classes: number): number {
  const size = sampleSize(train);
  const sums = Array.from({ length: classes }, () => new Float64Array(size));
  train.images.forEach((value, i) => {
    sums[train.labels[Math.floor(i / size)]!]![i % size]! += (value * classes) / train.labels.length;
  });
  const distance = (sample: Float32Array, mean: Float64Array) =>
    sample.reduce((sum, value, i) => sum + (value - mean[i]!) ** 2, 0);
  const right = test.labels.filter((label, i) => {
    const sample = test.images.subarray(i * size, (i + 1) * size);
    const distances = sums.map((mean) => distance(sample, mean));
    return distances.indexOf(Math.min(...distances)) === label;
  });
  return right.length / test.labels.length;
}

describe('syntheticDigits', () => {
  test('gives images in [0, 1] of the asked shape, with labels in turn', () => {
    const set = syntheticDigits({ samples: 25 });
    expect(set.images.length).toBe(25 * 784);
    expect(set.images.every((value) => value >= 0 && value <= 1)).toBe(true);
    expect(set.shape).toEqual([1, 28, 28]);
    expect([...set.labels]).toEqual(Array.from({ length: 25 }, (_, i) => i % 10));
  });

  test.each([
    { options: { samples: 100 }, sum: 'd141642518468da23cba713ad04f07a2ff7baee4a56daee750e46e556201394b' },
    {
      options: { samples: 100, seed: 2 },
      sum: 'e4acb04029cce9819837d33820cf5ebc98b4562bd9d8851779158166d3cc0617',
    },
    {
      options: { samples: 7, classes: 3, shape: [3, 5, 9], seed: 2 ** 40 + 1, noise: 0.5 },
      sum: '79a99e3d645f9e5666c45bdeb256a16a1aab4071ed93c7fe91530613dd2b3a74',
    },
  ])('gives the same bytes for ever: $options', ({ options, sum }) => {
    expect(digest(syntheticDigits(options))).toBe(sum);
  });

  test('gives the first part of the same set for fewer samples', () => {
    const [few, many] = [syntheticDigits({ samples: 13 }), syntheticDigits({ samples: 40 })];
    expect(take(many, 13)).toEqual(few);
  });

  test('gives other pictures for another seed', () => {
    const [a, b] = [syntheticDigits({ samples: 1 }), syntheticDigits({ samples: 1, seed: 2 })];
    expect(a.images).not.toEqual(b.images);
  });

  test('can be learned: class means of one part classify the other', () => {
    const set = syntheticDigits({ samples: 600 });
    expect(nearestMeanAccuracy(subset(set, 0, 400), subset(set, 400, 600), 10)).toBeGreaterThan(0.95);
  });

  test('differs from sample to sample within a class, even without noise', () => {
    const set = syntheticDigits({ samples: 50, classes: 1, noise: 0 });
    const pictures = new Set(
      Array.from({ length: 50 }, (_, i) => set.images.subarray(i * 784, (i + 1) * 784).join()),
    );
    expect(pictures.size).toBeGreaterThan(10);
    expect(pictures.size).toBeLessThanOrEqual(25);
  });

  test.each([[[20]], [[6, 7]], [[2, 3, 4]], [[1, 1, 1]]])('takes the shape %j', (shape) => {
    const set = syntheticDigits({ samples: 3, classes: 2, shape });
    expect(set.shape).toEqual(shape);
    expect(set.images.length).toBe(3 * sampleSize(set));
  });

  test.each<[string, object, RegExp]>([
    ['no samples', {}, /samples must be a whole number >= 1, got undefined/],
    ['zero samples', { samples: 0 }, /samples must be a whole number >= 1, got 0/],
    ['an unknown name', { samples: 1, sede: 4 }, /did you mean "seed"\?/],
    [
      'more classes than a label can tell',
      { samples: 1, classes: 257 },
      /classes must be at most 256, got 257/,
    ],
    ['a shape of four sizes', { samples: 1, shape: [1, 1, 1, 1] }, /shape must be 1 to 3 whole numbers/],
    ['a shape that is a number', { samples: 1, shape: 784 }, /shape must be 1 to 3 whole numbers, got 784/],
    [
      'a size of zero',
      { samples: 1, shape: [1, 0, 3] },
      /each size of shape must be a whole number >= 1, got 0/,
    ],
    ['a fraction as seed', { samples: 1, seed: 0.5 }, /seed must be a whole number >= 0, got 0.5/],
    ['noise above 1', { samples: 1, noise: 2 }, /noise must be in \[0, 1\], got 2/],
    ['noise that is not a number', { samples: 1, noise: Number.NaN }, /noise must be in \[0, 1\], got NaN/],
    ['a set beyond all memory', { samples: 1e12 }, /samples x shape must be at most 2147483648 numbers/],
  ])('refuses %s', (_, options, rule) => {
    const make = () => syntheticDigits(options as { samples: number });
    expect(make).toThrow(OptionError);
    expect(make).toThrow(rule);
  });
});
