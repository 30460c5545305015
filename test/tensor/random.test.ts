import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { deriveSeed, Random, sample } from '../../src/tensor/random.js';

const draws = (random: Random, count: number) => Array.from({ length: count }, () => random.next());

describe('deriveSeed', () => {
  test('gives other seeds for other numbers, paths and the upper half of 2^53', () => {
    const seeds = [deriveSeed(1), deriveSeed(2), deriveSeed(1, 0), deriveSeed(1, 1), deriveSeed(1, 0, 0)];
    seeds.push(deriveSeed(1, 1, 0), deriveSeed(1, 0, 1), deriveSeed(1 + 2 ** 32), deriveSeed(1 + 2 ** 40));
    expect(new Set(seeds.map(({ low, high }) => `${low} ${high}`)).size).toBe(seeds.length);
  });

  test('is fixed for good', () => {
    expect([deriveSeed(0), deriveSeed(7, 1, 0), deriveSeed(2 ** 53 - 1, 3, 2, 60)]).toEqual([
      { low: 0, high: 2462723854 },
      { low: 3578583112, high: 3292591778 },
      { low: 3529000106, high: 1979106061 },
    ]);
  });
});

describe('Random', () => {
  test('is fixed for good', () => {
    expect(draws(new Random(deriveSeed(0)), 4)).toEqual([2064123889, 2084291070, 3747545658, 3187514155]);
    expect(draws(new Random(deriveSeed(42, 2, 1)), 4)).toEqual([
      2735640347, 478771917, 1272628540, 3594937261,
    ]);
  });

  test('draws distinct whole numbers of 32 bits, each bit set half of the time', () => {
    const first = draws(new Random({ low: 5, high: 6 }), 4000);
    expect(new Set(first).size).toBe(4000);
    expect(first.every((value) => Number.isInteger(value) && value >= 0 && value < 2 ** 32)).toBe(true);
    for (let bit = 0; bit < 32; bit++) {
      const ones = first.filter((value) => (value >>> bit) & 1).length;
      expect(Math.abs(ones - 2000)).toBeLessThan(160);
    }
  });

  test('below stays under its bound and reaches every number equally often', () => {
    const random = new Random(deriveSeed(3));
    for (const bound of [1, 2, 3, 7, 10, 64]) {
      const counts = new Array<number>(bound).fill(0);
      const n = 20000;
      for (let i = 0; i < n; i++) counts[random.below(bound)]!++;
      const expected = n / bound;
      const chi = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
      expect(chi).toBeLessThan(bound + 5 * Math.sqrt(2 * bound) + 5);
    }
  });

  test('below is not biased where the bound is close to 2^32', () => {
    const random = new Random(deriveSeed(4));
    const bound = 3 * 2 ** 30; // by plain remainder, the lowest third would come twice as often
    let low = 0;
    for (let i = 0; i < 30000; i++) if (random.below(bound) < 2 ** 30) low++;
    expect(low / 30000).toBeGreaterThan(0.32);
    expect(low / 30000).toBeLessThan(0.347);
    expect(random.below(2 ** 32)).toBeLessThan(2 ** 32);
  });

  test('shuffle keeps every item, and is the same for the same seed', () => {
    fc.assert(
      fc.property(fc.nat(200), fc.nat(), (length, seed) => {
        const shuffled = () => {
          const items = Uint32Array.from({ length }, (_, i) => i);
          new Random(deriveSeed(seed)).shuffle(items);
          return items;
        };
        expect([...shuffled()].sort((a, b) => a - b)).toEqual(Array.from({ length }, (_, i) => i));
        expect(shuffled()).toEqual(shuffled());
      }),
      { seed: 5, numRuns: 50 },
    );
  });

  test('shuffle gives every order of three equally often', () => {
    const random = new Random(deriveSeed(6));
    const counts = new Map<string, number>();
    for (let i = 0; i < 6000; i++) {
      const items = Uint32Array.of(0, 1, 2);
      random.shuffle(items);
      counts.set(items.join(), (counts.get(items.join()) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });
});

describe('sample', () => {
  test('gives distinct numbers below the total, ascending, the same for the same seed', () => {
    fc.assert(
      fc.property(fc.nat(500), fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(), (total, share, seed) => {
        const count = Math.round(share * total);
        const drawn = sample(new Random(deriveSeed(seed)), total, count);
        expect(drawn).toBeInstanceOf(Uint32Array);
        expect(drawn.length).toBe(count);
        expect(drawn.every((value, i) => value < total && (i === 0 || value > drawn[i - 1]!))).toBe(true);
        expect(sample(new Random(deriveSeed(seed)), total, count)).toEqual(drawn);
      }),
      { seed: 7, numRuns: 300 },
    );
  });

  test('can be none or all', () => {
    const random = new Random(deriveSeed(1));
    expect([...sample(random, 0, 0)]).toEqual([]);
    expect([...sample(random, 9, 0)]).toEqual([]);
    expect([...sample(random, 1, 1)]).toEqual([0]);
    expect([...sample(random, 5, 5)]).toEqual([0, 1, 2, 3, 4]);
    expect(sample(random, 2 ** 32, 3).length).toBe(3);
  });

  test('takes every number equally often, below and above one half', () => {
    for (const [total, count] of [
      [10, 1],
      [10, 4],
      [10, 5],
      [10, 6],
      [10, 9],
      [37, 30],
      [200, 20],
    ] as const) {
      const random = new Random(deriveSeed(9, total, count));
      const rounds = 8000;
      const counts = new Float64Array(total);
      for (let i = 0; i < rounds; i++) for (const value of sample(random, total, count)) counts[value]!++;
      // A number is in the sample with probability p: variance p (1 - p) a round, and the sum is fixed.
      const p = count / total;
      const chi = counts.reduce((sum, times) => sum + (times - rounds * p) ** 2, 0) / (rounds * p * (1 - p));
      expect(Math.abs(chi - (total - 1))).toBeLessThan(5 * Math.sqrt(2 * total) + 5);
    }
  });

  test('takes every pair of five equally often', () => {
    for (const count of [2, 3]) {
      const random = new Random(deriveSeed(10, count));
      const counts = new Map<string, number>();
      for (let i = 0; i < 10000; i++) {
        const key = sample(random, 5, count).join();
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
      expect(counts.size).toBe(10);
      for (const times of counts.values()) expect(Math.abs(times - 1000)).toBeLessThan(150);
    }
  });

  test('is fixed for good', () => {
    expect([...sample(new Random(deriveSeed(42, 6, 0)), 1000, 6)]).toEqual([7, 109, 292, 550, 845, 988]);
    expect([...sample(new Random(deriveSeed(42, 6, 0)), 9, 6)]).toEqual([0, 2, 4, 5, 7, 8]);
  });
});
