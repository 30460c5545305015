import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dense, prune, relu, sequential } from '../../src/index.js';
import { rows } from '../../src/prune/allocations/rows.js';
import { values } from '../model/support.js';

const tensor = (keys: readonly number[], columns: number) => ({
  name: 'dense1.weight',
  shape: [keys.length / columns, columns],
  length: keys.length,
  keys: Uint32Array.from(keys),
  columns,
  deviation: () => 0,
});

describe('rows', () => {
  test('every row keeps its best', () => {
    const keys = [1, 2, 3, 4, 40, 30, 20, 10];
    expect(rows([tensor(keys, 4)], 0.5)).toEqual([Uint8Array.of(0, 0, 1, 1, 1, 1, 0, 0)]);
  });

  test('what a row has lost already, others keep in its place', () => {
    const keys = [0, 0, 0, 4, 40, 30, 20, 10];
    expect(rows([tensor(keys, 4)], 0.5)).toEqual([Uint8Array.of(0, 0, 0, 1, 1, 1, 1, 0)]);
  });

  test('is exact to one weight, and rows differ by at most one where none had lost any', () => {
    const cases = fc.record({
      across: fc.integer({ min: 1, max: 9 }),
      down: fc.integer({ min: 1, max: 9 }),
      sparsity: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(cases, ({ across, down, sparsity }) => {
        const n = across * down;
        const keys = Array.from({ length: n }, (_, i) => ((i * 7919) % 104729) + 1);
        const [mask] = rows([tensor(keys, across)], sparsity);
        const counts = Array.from({ length: down }, (_, row) =>
          mask!.slice(row * across, (row + 1) * across).reduce((sum, kept) => sum + kept, 0),
        );
        expect(counts.reduce((sum, count) => sum + count, 0)).toBe(n - Math.round(sparsity * n));
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
      }),
      { seed: 2, numRuns: 200 },
    );
  });

  test('what a tensor has lost already, others keep in its place', () => {
    const [first, second] = rows([tensor([0, 0, 0, 4], 2), tensor([1, 2, 3, 4, 40, 30, 20, 10], 4)], 0.5);
    expect([...first!]).toEqual([0, 0, 0, 1]);
    expect([...second!]).toEqual([0, 1, 1, 1, 1, 1, 0, 0]);
  });
});

/** A model of some layers, its first ones pruned already. */
async function prunedBefore(widths: readonly number[], shares: readonly number[], seed: number) {
  const [inputs, ...units] = widths;
  const layers = units.flatMap((count, i) => (i > 0 ? [relu(), dense(count)] : [dense(count)]));
  const model = await sequential({ inputShape: [inputs!], seed }, layers);
  for (const [i, sparsity] of shares.entries()) {
    if (i < units.length) await prune(model, { layers: [`dense${i + 1}`], sparsity });
  }
  return model;
}

describe('a sparsity that is asked for is reached after layers have lost more than their share', () => {
  test.each(['rows', 'uniform'] as const)('allocation %s', async (allocation) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 3, max: 12 }), { minLength: 3, maxLength: 5 }),
        fc.array(fc.double({ min: 0, max: 0.9, noNaN: true }), { maxLength: 4 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        async (widths, shares, extra) => {
          const model = await prunedBefore(widths, shares, 1);
          const weights = model.parameters.filter(({ prunable }) => prunable);
          const total = weights.reduce((sum, { length }) => sum + length, 0);
          const now = 1 - weights.reduce((sum, { live }) => sum + live, 0) / total;
          const sparsity = now + extra * (1 - now);
          const { reached } = await prune(model, { sparsity, allocation, guard: false });
          expect(Math.round(reached * total)).toBe(Math.round(sparsity * total));
          model.dispose();
        },
      ),
      { seed: 4, numRuns: 40 },
    );
  });

  test.each(['wanda', 'obs', 'sparsegpt'] as const)('criterion %s', async (criterion) => {
    const model = await prunedBefore([10, 10, 10, 2], [0.9], 1);
    const images = values(10 * 40, 3);
    const labels = Uint8Array.from({ length: 40 }, (_, i) => i % 2);
    const { reached } = await prune(model, { sparsity: 0.6, criterion, data: { images, labels } });
    expect(Math.abs(reached - 0.6)).toBeLessThan(0.6 / 220);
    model.dispose();
  });
});
