import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type DistributionName, distribute, distributions } from '../../src/graph/distributions.js';
import { OptionError } from '../../src/index.js';
import type { Shape } from '../../src/tensor/shape.js';

const lenet: readonly Shape[] = [
  [300, 784],
  [100, 300],
  [10, 100],
];
const sum = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0);
const sizes = (shapes: readonly Shape[]): number[] => shapes.map((shape) => shape.reduce((a, b) => a * b, 1));

const networks = fc.array(fc.tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 60 })), {
  minLength: 1,
  maxLength: 6,
});
const shares = fc.oneof(
  fc.constantFrom(0, 0.1, 0.3, 0.5, 0.7, 0.9, 0.95, 0.99, 1, 1 / 3, 2 / 3),
  fc.double({ min: 0, max: 1, noNaN: true }),
);

describe.each(Object.keys(distributions) as DistributionName[])('%s', (name) => {
  test('keeps exactly the whole number that is asked for, and of no tensor more than it has', () => {
    fc.assert(
      fc.property(networks, shares, (shapes, sparsity) => {
        const counts = distributions[name](shapes, sparsity);
        const all = sizes(shapes);
        expect(counts.length).toBe(shapes.length);
        expect(counts.every((count, i) => Number.isInteger(count) && count >= 0 && count <= all[i]!)).toBe(
          true,
        );
        expect(sum(counts)).toBe(sum(all) - Math.round(sparsity * sum(all)));
      }),
      { seed: 61, numRuns: 2000 },
    );
  });

  test('keeps everything at sparsity 0 and nothing at 1', () => {
    expect(distributions[name](lenet, 0)).toEqual([235200, 30000, 1000]);
    expect(distributions[name](lenet, 1)).toEqual([0, 0, 0]);
  });
});

describe('uniform', () => {
  test('keeps the same share of every tensor, remainders to the largest', () => {
    expect(distributions.uniform(lenet, 0.95)).toEqual([11760, 1500, 50]);
    // 1.5, 2.5 and 3 of 7 live: ties to the earlier.
    expect(distributions.uniform([[3], [5], [6]], 0.5)).toEqual([2, 2, 3]);
    expect(
      distributions.uniform(
        [
          [2, 2],
          [3, 3],
        ],
        0.9,
      ),
    ).toEqual([0, 1]);
  });

  test('is within one weight of that share', () => {
    fc.assert(
      fc.property(networks, shares, (shapes, sparsity) => {
        const counts = distributions.uniform(shapes, sparsity);
        sizes(shapes).forEach((size, i) => {
          expect(Math.abs(counts[i]! - size * (1 - sparsity))).toBeLessThanOrEqual(1 + 1e-9);
        });
      }),
      { seed: 62, numRuns: 500 },
    );
  });
});

describe('erdosRenyi', () => {
  test('is what one finds by hand for 784-300-100-10 at 95 %', () => {
    // 13310 weights of 266200 stay, shared as 1084 : 400 : 110 = 1594 parts: 9051.5, 3340.0 and 918.5 of at most 1000.
    const counts = distributions.erdosRenyi(lenet, 0.95);
    const exact = [1084, 400, 110].map((part) => (13310 * part) / 1594);
    expect(counts).toEqual([9051, 3340, 919]);
    counts.forEach((count, i) => {
      expect(Math.abs(count - exact[i]!)).toBeLessThan(1);
    });
  });

  test('counts the sides of kernels, for LeNet-5 at 95 %', () => {
    // Parts 20+1+5+5, 50+20+5+5, 1300 and 510. The last layer is full; 16525 are left for 31 : 80 : 1300 = 1411 parts.
    const shapes = [
      [20, 1, 5, 5],
      [50, 20, 5, 5],
      [500, 800],
      [10, 500],
    ];
    expect(distributions.erdosRenyi(shapes, 0.95)).toEqual([363, 937, 15225, 5000]);
  });

  test('fills narrow layers and shares the rest in proportion', () => {
    // At 90 %, the last layer would get 26620 * 110 / 1594 = 1837 of 1000: it is full, 25620 are left for 1084 : 400.
    const counts = distributions.erdosRenyi(lenet, 0.9);
    expect(counts).toEqual([18714, 6906, 1000]);
    expect(counts[0]! / counts[1]!).toBeCloseTo(1084 / 400, 3);
    // One full layer can fill the next.
    expect(
      distributions.erdosRenyi(
        [
          [100, 100],
          [5, 5],
          [4, 4],
        ],
        0.5,
      ),
    ).toEqual([4979, 25, 16]);
  });

  test('gives densities in proportion to sum over product wherever a layer is not full', () => {
    fc.assert(
      fc.property(networks, shares, (shapes, sparsity) => {
        const all = sizes(shapes);
        const counts = distributions.erdosRenyi(shapes, sparsity);
        const rates = shapes.map((shape, i) => ({
          rate: counts[i]! / sum(shape),
          room: counts[i]! < all[i]! - 1,
        }));
        const open = rates.flatMap(({ rate, room }, i) =>
          room ? [{ rate, slack: 1.001 / sum(shapes[i]!) }] : [],
        );
        for (const a of open) {
          for (const b of open)
            expect(Math.abs(a.rate - b.rate)).toBeLessThanOrEqual(a.slack + b.slack + 1e-9);
        }
        // A full layer would have got at least as much as it has.
        shapes.forEach((shape, i) => {
          if (counts[i] !== all[i]) return;
          for (const { rate, slack } of open) {
            expect(rate + slack).toBeGreaterThanOrEqual((all[i]! - 1.001) / sum(shape));
          }
        });
      }),
      { seed: 63, numRuns: 1000 },
    );
  });
});

describe('distribute', () => {
  const at = (sparsity: number, shapes: readonly Shape[] = lenet, name: DistributionName = 'uniform') =>
    distribute(
      'sequential',
      distributions[name],
      ['dense1.weight', 'dense2.weight', 'dense3.weight'],
      shapes,
      sparsity,
    );

  test('refuses a layer without connections, and names it', () => {
    expect(() => at(1)).toThrow(OptionError);
    expect(() => at(0.9999)).toThrow(
      'sequential: every layer must keep a connection and none more than it has, got 0 of 1000 for dense3.weight at sparsity 0.9999',
    );
    expect(at(0.9999, lenet, 'erdosRenyi').every((count) => count > 0)).toBe(true);
    expect(() => at(0.99999, lenet, 'erdosRenyi')).toThrow(OptionError);
    expect(sum(at(0.99))).toBe(2662);
  });

  test('refuses what a distribution must not give', () => {
    for (const bad of [
      [1, 1, 1.5],
      [1, 1],
      [235201, 1, 1],
      [1, 1, -1],
      [1, Number.NaN, 1],
    ]) {
      expect(() => distribute('here', () => bad, ['a', 'b', 'c'], lenet, 0.5)).toThrow(
        /^here: every layer must keep/,
      );
    }
  });
});
