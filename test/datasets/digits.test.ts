import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Dataset, loadDigits, loadMnist, type Splits } from '../../datasets/index.js';
import { OptionError } from '../../src/errors.js';

const COUNTS = [1001, 1127, 991, 1032, 980, 863, 1014, 1070, 944, 978];

const sha256 = (data: Uint8Array) => createHash('sha256').update(data).digest('hex');

/** One digest per sample, of its label and the bits of its pixels. */
function fingerprints({ images, labels }: Dataset, count = labels.length): string[] {
  return Array.from({ length: count }, (_, i) => {
    const pixels = new Uint8Array(images.buffer, images.byteOffset + i * 784 * 4, 784 * 4);
    return `${labels[i]} ${sha256(pixels)}`;
  });
}

function classCounts(...sets: Dataset[]): number[] {
  const counts = new Array<number>(10).fill(0);
  for (const { labels } of sets) for (const label of labels) counts[label]!++;
  return counts;
}

describe('loadDigits', () => {
  let sets: Splits;
  beforeAll(async () => {
    sets = await loadDigits();
  });

  test('gives 8,000, 1,000 and 1,000 samples of shape [1, 28, 28]', () => {
    const { train, validation, test } = sets;
    expect([train, validation, test].map((set) => set.labels.length)).toEqual([8_000, 1_000, 1_000]);
    for (const set of [train, validation, test]) {
      expect(set.images.length).toBe(set.labels.length * 784);
      expect(set.shape).toEqual([1, 28, 28]);
    }
  });

  test('holds every digit as often as the package', () => {
    expect(classCounts(sets.train, sets.validation, sets.test)).toEqual(COUNTS);
  });

  test('gives each part its share of every digit, to one sample', () => {
    for (const part of [sets.test, sets.validation]) {
      classCounts(part).forEach((count, digit) => {
        expect(Math.abs(count - COUNTS[digit]! / 10)).toBeLessThan(1);
      });
    }
  });

  test('is the first 10,000 official training images, each once and bit for bit', async () => {
    const mnist = await loadMnist();
    const expected = fingerprints(mnist.train, 10_000).sort();
    const found = [sets.train, sets.validation, sets.test].flatMap((set) => fingerprints(set)).sort();
    expect(new Set(expected).size).toBe(10_000);
    expect(found.every((print, i) => print === expected[i])).toBe(true);
    expect(found.length).toBe(10_000);
  });

  test('mixes the digits: neighbours are equal about as often as by chance, at both ends of each part', () => {
    for (const { labels } of [sets.train, sets.validation, sets.test]) {
      for (const part of [labels.subarray(0, 200), labels.subarray(-200)]) {
        const equal = part.filter((label, i) => i > 0 && label === part[i - 1]).length;
        expect(equal).toBeGreaterThan(5);
        expect(equal).toBeLessThan(40);
        expect(new Set(part).size).toBe(10);
      }
    }
  });

  test('keeps the same order for ever', () => {
    expect(sha256(sets.train.labels)).toBe(
      '154abcd9cb25bf72220ec2a024cdf14a36afa10efc0969d353ca58a3100c66a1',
    );
    expect([...sets.train.labels.subarray(0, 10)]).toEqual([2, 2, 8, 9, 5, 2, 1, 6, 8, 8]);
  });

  test('keeps the same test part when validation changes', async () => {
    const other = await loadDigits({ validation: 0 });
    expect(other.validation.labels.length).toBe(0);
    expect(other.train.labels.length).toBe(9_000);
    expect(fingerprints(other.test)).toEqual(fingerprints(sets.test));
  });
});

test.each<[string, object, RegExp]>([
  ['an unknown name, with the nearest one', { tests: 10 }, /did you mean "test"\?/],
  ['a negative test', { test: -1 }, /test must be a whole number >= 0, got -1/],
  ['text as validation', { validation: '10' }, /validation must be a whole number >= 0, got "10"/],
  ['parts that leave nothing', { validation: 5_000, test: 5_000 }, /below 10000, got 5000 \+ 5000/],
])('loadDigits refuses %s', async (_, options, rule) => {
  await expect(loadDigits(options)).rejects.toThrow(OptionError);
  await expect(loadDigits(options)).rejects.toThrow(rule);
});
