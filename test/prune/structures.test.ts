import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  adam,
  block,
  dense,
  gradual,
  iterative,
  nm,
  OptionError,
  type PruneOptions,
  prune,
  relu,
  type Sequential,
  type StorageChoice,
  sequential,
} from '../../src/index.js';
import { poolScores } from '../../src/prune/structures/pool.js';
import { fingerprint, values } from '../model/support.js';

/** One weight of 4 x 4. */
async function literal(weights: number[]): Promise<Sequential> {
  const model = await sequential({ inputShape: [4], seed: 8 }, [dense(4)]);
  model.setWeights([Float32Array.from(weights), new Float32Array(4)]);
  return model;
}

const maskOf = (model: Sequential, layer = 0) => {
  const { mask, shape } = model.layers.filter(({ weight }) => weight)[layer]!.weight!;
  const cols = shape[1]!;
  return Array.from({ length: shape[0]! }, (_, row) => mask!.slice(row * cols, (row + 1) * cols).join(''));
};

const grid = [
  [9, 1, 1, 2],
  [0, 1, 2, 2],
  [3, 0, 8, 0],
  [3, 0, 0, 1],
].flat();

describe('pools', () => {
  test('add up what is live, and score 0 where nothing is', () => {
    const scores = Float32Array.of(3, -4, 1, 2, 9);
    const of = Uint32Array.of(0, 0, 1, 1, 2);
    const live = Uint8Array.of(1, 1, 1, 0, 0);
    expect([...poolScores('sum', scores, of, 3, live)]).toEqual([-1, 1, 0]);
    expect([...poolScores('mean', scores, of, 3, live)]).toEqual([-0.5, 1, 0]);
    expect([...poolScores('l2', scores, of, 3, live)]).toEqual([5, 1, 0]);
    expect([...poolScores('max', scores, of, 3, null)]).toEqual([3, 2, 9]);
  });
});

describe('block', () => {
  test('blocks go together, by the mean of their scores', async () => {
    const model = await literal(grid);
    const report = await prune(model, { sparsity: 0.5, structure: block(2, 2) });
    expect(maskOf(model)).toEqual(['1100', '1100', '0011', '0011']); // 2.75, 1.75, 1.5, 2.25
    expect(report).toMatchObject({ asked: 0.5, reached: 0.5 });
    model.dispose();
  });

  test('other pools rank otherwise', async () => {
    const model = await literal([1, 1, 1, 1, 0, 0, 3, 0, 2, 0, 0, 0, 0, 0, 0, 0]);
    await prune(model, { sparsity: 0.75, structure: block(1, 4, { pool: 'max' }) });
    expect(maskOf(model)).toEqual(['0000', '1111', '0000', '0000']);
    model.dispose();
  });

  test('blocks at the edge are smaller, and shares are those of blocks', async () => {
    const model = await sequential({ inputShape: [5], seed: 1 }, [dense(7)]);
    const report = await prune(model, { sparsity: 0.5, structure: block(4, 2) });
    expect(report.reached).toBe(0.5); // 2 x 3 blocks
    const { data, mask } = model.layers[0]!.weight!;
    for (let row = 0; row < 7; row++) {
      for (let col = 0; col < 5; col++) {
        const first = mask![(row < 4 ? 0 : 4) * 5 + (col - (col % 2))];
        expect(mask![row * 5 + col]).toBe(first);
        if (first === 0) expect(data[row * 5 + col]).toBe(0);
      }
    }
    model.dispose();
  });

  test('what is pruned inside a block stays so when the block stays', async () => {
    for (const storage of ['dense', 'sparse'] as const) {
      const model = await sequential({ inputShape: [8], seed: 3, storage }, [dense(8)]);
      await prune(model, { sparsity: 0.3 });
      const before = model.layers[0]!.weight!.mask!;
      await prune(model, { sparsity: 0.5, structure: block(2, 2) });
      const after = model.layers[0]!.weight!.mask!;
      after.forEach((kept, i) => {
        if (before[i] === 0) expect(kept).toBe(0);
      });
      expect(after.some((kept, i) => kept < before[i]!)).toBe(true);
      model.dispose();
    }
  });

  test('is exact to one block over random models, and stays in blocks while it trains', async () => {
    const cases = fc.record({
      inputs: fc.integer({ min: 1, max: 17 }),
      units: fc.integer({ min: 1, max: 17 }),
      height: fc.constantFrom(1, 2, 4, 8),
      width: fc.constantFrom(1, 2, 4),
      sparsity: fc.double({ min: 0, max: 1, noNaN: true }),
      storage: fc.constantFrom<StorageChoice>('auto', 'dense', 'sparse'),
      seed: fc.nat(99),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ inputs, units, height, width, sparsity, storage, seed }) => {
        const model = await sequential({ inputShape: [inputs], seed, storage }, [dense(units), dense(3)]);
        const structure = block(height, width);
        const counts = [
          Math.ceil(units / height) * Math.ceil(inputs / width),
          Math.ceil(3 / height) * Math.ceil(units / width),
        ];
        const total = counts[0]! + counts[1]!;
        const report = await prune(model, { sparsity: sparsity / 2, structure, guard: false });
        expect(report.reached).toBeCloseTo(Math.round((sparsity / 2) * total) / total, 12);
        const y = Uint8Array.from({ length: 9 }, (_, i) => i % 3);
        await model.fit(values(9 * inputs, seed), y, { optimizer: adam({ weightDecay: 0.1 }) });
        const again = await prune(model, {
          sparsity,
          structure,
          guard: false,
          schedule: iterative({ rounds: 2 }),
        });
        expect(again.reached).toBeCloseTo(Math.round(sparsity * total) / total, 12);
        const { mask, shape } = model.layers[0]!.weight!;
        mask?.forEach((kept, i) => {
          const [row, col] = [Math.floor(i / shape[1]!), i % shape[1]!];
          const first = (row - (row % height)) * shape[1]! + col - (col % width);
          expect(kept).toBe(mask[first]);
        });
        model.dispose();
      }),
      { seed: 5, numRuns: 60 },
    );
  });

  test('takes part in gradual()', async () => {
    const model = await sequential({ inputShape: [8], seed: 3 }, [dense(8), relu(), dense(4)]);
    const y = Uint8Array.from({ length: 12 }, (_, i) => i % 4);
    const pruning = gradual({ sparsity: 0.75, structure: block(4, 1), every: 1 });
    await model.fit(values(96, 1), y, { epochs: 4, batchSize: 3, pruning });
    const live = new Set(maskOf(model).map((row) => row));
    expect(live.size).toBeLessThanOrEqual(2); // rows 0-3 alike, rows 4-7 alike
    const gone = maskOf(model).concat(maskOf(model, 1)).join('').replaceAll('1', '').length;
    expect(gone).toBe(4 * Math.round(0.75 * 24));
    model.dispose();
  });
});

describe('nm', () => {
  test('keeps the best n of every m inputs, ties to the lower index', async () => {
    const model = await literal([9, 1, 1, 2, 1, 1, 1, 1, 0, 0, 0, 0, -5, 4, -3, 2]);
    const report = await prune(model, { structure: nm(2, 4) });
    expect(maskOf(model)).toEqual(['1001', '1100', '1100', '1100']);
    expect(report).toMatchObject({ asked: 0.5, reached: 0.5 });
    model.dispose();
  });

  test('never brings back what is pruned', async () => {
    const model = await sequential({ inputShape: [16], seed: 3 }, [dense(8)]);
    await prune(model, { sparsity: 0.6 });
    const before = model.layers[0]!.weight!.mask!;
    const report = await prune(model, { structure: nm(2, 4) });
    expect(report.reached).toBeGreaterThanOrEqual(0.6);
    model.layers[0]!.weight!.mask!.forEach((kept, i) => {
      if (before[i] === 0) expect(kept).toBe(0);
    });
    model.dispose();
  });
});

describe('a structure of one own', () => {
  test('groups what has the same number', async () => {
    const model = await literal(grid);
    const columns = ({ rows, cols }: { rows: number; cols: number }) =>
      Uint32Array.from({ length: rows * cols }, (_, i) => i % cols);
    await prune(model, { sparsity: 0.5, structure: columns }); // means 3.75, .5, 2.75, 1.25
    expect(maskOf(model)).toEqual(['1010', '1010', '1010', '1010']);
    model.dispose();
  });

  test('refuses other lengths and gaps, and leaves the model alone', async () => {
    const model = await literal(grid);
    const before = fingerprint(model);
    for (const [numbers, message] of [
      [
        new Uint32Array(3),
        /^prune: groups of dense1.weight must be a Uint32Array of 16, got Uint32Array\(3\)/,
      ],
      [
        new Uint32Array(16).fill(1),
        /^prune: groups of dense1.weight must be without gaps, got none of number 0/,
      ],
      [new Uint32Array(16).fill(99), /^prune: groups of dense1.weight must be without gaps, got 99/],
    ] as const) {
      await expect(prune(model, { sparsity: 0.5, structure: () => numbers })).rejects.toThrow(message);
    }
    expect(fingerprint(model)).toBe(before);
    model.dispose();
  });
});

describe('layers', () => {
  test('prunes the named layers alone, and shares are theirs', async () => {
    const model = await sequential({ inputShape: [6], seed: 2 }, [
      dense(5),
      relu(),
      dense(4),
      relu(),
      dense(3),
    ]);
    const report = await prune(model, { sparsity: 0.5, layers: ['dense1', 'dense3'] });
    const lives = model.layers.flatMap(({ weight }) => (weight ? [weight.mask] : []));
    expect(lives[1]).toBeNull();
    const live = (lives[0] ?? []).join('') + (lives[2] ?? []).join('');
    expect(live.replaceAll('0', '')).toHaveLength(21);
    expect(report.reached).toBe(0.5);
    model.dispose();
  });
});

const refused: readonly [string, PruneOptions, RegExp][] = [
  [
    'N:M that does not divide',
    { structure: nm(2, 4) },
    /^prune: .*|^nm\(2, 4\): dense1.weight must have .* got 6/,
  ],
  [
    'N:M with a sparsity',
    { structure: nm(1, 2), sparsity: 0.5 },
    /^prune: sparsity must not be given together with nm/,
  ],
  [
    'N:M with an allocation',
    { structure: nm(1, 2), allocation: 'global' },
    /^prune: an allocation must not .* nm/,
  ],
  [
    'a threshold with a sparsity',
    { threshold: 1, sparsity: 0.5 },
    /^prune: threshold must not .* sparsity, got both/,
  ],
  ['a threshold with an allocation', { threshold: 1, allocation: 'uniform' }, /^prune: threshold must not/],
  ['neither sparsity nor threshold', {}, /^prune: sparsity or threshold must be given, got neither/],
  [
    'a threshold that is no number',
    { threshold: Number.NaN },
    /^prune: threshold must be a finite number, got NaN/,
  ],
  ['an unknown structure', { sparsity: 0.5, structure: 'neurons' as never }, /did you mean "neuron"/],
  [
    'an unknown layer',
    { sparsity: 0.5, layers: ['dens1'] },
    /^prune: layers must be one of .*did you mean "dense1"/,
  ],
  [
    'a layer twice',
    { sparsity: 0.5, layers: ['dense1', 'dense1'] },
    /^prune: layers must name each layer once/,
  ],
  ['no layers', { sparsity: 0.5, layers: [] }, /^prune: layers must be a list/],
];

describe('contradictory options', () => {
  test.each(refused)('%s: an OptionError, and the model is untouched', async (_, options, message) => {
    const model = await sequential({ inputShape: [6], seed: 2 }, [dense(5), relu(), dense(2)]);
    const before = fingerprint(model);
    await expect(prune(model, options)).rejects.toThrow(OptionError);
    await expect(prune(model, options)).rejects.toThrow(message);
    expect(fingerprint(model)).toBe(before);
    model.dispose();
  });

  test('sides of blocks and patterns are whole numbers that make sense', () => {
    expect(() => block(0, 2)).toThrow(/^block: rows must be a whole number >= 1, got 0/);
    expect(() => block(2, 1, { pool: 'median' as never })).toThrow(/^block: pool must be one of/);
    expect(() => nm(4, 4)).toThrow(/^nm: n must be below m, got 4 of 4/);
    expect(() => nm(0, 4)).toThrow(OptionError);
  });
});
