import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rows } from '../../src/prune/allocations/rows.js';

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
});
