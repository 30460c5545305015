import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  dense,
  erk,
  lamp,
  OptionError,
  perLayer,
  prune,
  relu,
  type Sequential,
  sequential,
} from '../../src/index.js';
import { keptOf } from '../../src/prune/allocations/allocation.js';
import { type Allocation, allocations, type ScoredTensor } from '../../src/prune/allocations/index.js';
import { allocateGuarded } from '../../src/prune/guard.js';

const build = (): Promise<Sequential> =>
  sequential({ inputShape: [30], seed: 3 }, [dense(20), relu(), dense(10), relu(), dense(4)]);

const livesOf = (model: Sequential) =>
  model.layers.flatMap(({ weight }) =>
    weight ? Math.round((1 - weight.sparsity) * weight.data.length) : [],
  );

/** A tensor with keys as given; 0 is pruned. */
const tensor = (
  name: string,
  keys: readonly number[],
  shape: readonly number[] = [1, keys.length],
): ScoredTensor => ({
  name: `${name}.weight`,
  shape,
  length: keys.length,
  keys: Uint32Array.from(keys),
  columns: shape.at(-1)!,
  deviation: () => 0,
});

const named: Readonly<Record<string, Allocation>> = {
  global: allocations.global,
  erk: erk(),
  perLayer: perLayer({ a: 0.9, c: 0.4 }),
};

describe('allocations over all tensors', () => {
  test.each(Object.entries(named))(
    '%s: the asked number stays, to one weight, and nothing comes back',
    (_, allocation) => {
      const random = fc.record({
        sizes: fc.tuple(fc.nat(60), fc.nat(60), fc.nat(60)).map((sizes) => sizes.map((size) => size + 1)),
        pruned: fc.double({ min: 0, max: 0.6, noNaN: true }),
        further: fc.double({ min: 0, max: 1, noNaN: true }),
        seed: fc.nat(1e6),
      });
      fc.assert(
        fc.property(random, ({ sizes, pruned, further, seed }) => {
          let state = seed;
          const next = () => {
            state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
            return state;
          };
          const tensors = sizes.map((size, i) => {
            const keys = Array.from({ length: size }, () =>
              next() < pruned * 2 ** 32 ? 0 : (next() | 1) >>> 0,
            );
            return tensor('abc'[i]!, keys, [size, 1]);
          });
          const total = sizes.reduce((sum, size) => sum + size, 0);
          const live = tensors.reduce((sum, { keys }) => sum + keys.filter((key) => key > 0).length, 0);
          const sparsity = 1 - (live * (1 - further)) / total;
          const masks = allocation(tensors, sparsity);
          const kept = masks.reduce((sum, mask) => sum + mask.reduce((a, b) => a + b, 0), 0);
          expect(kept).toBe(Math.min(live, keptOf(total, sparsity)));
          masks.forEach((mask, i) => {
            if (mask.some((one, j) => one === 1 && tensors[i]!.keys[j] === 0)) {
              throw new Error(`tensor ${i} revives a weight`);
            }
          });
        }),
        { seed: 5, numRuns: 300 },
      );
    },
  );
});

describe('erk', () => {
  test('gives narrow layers more, in proportion to (in + out) / (in out)', async () => {
    const model = await build();
    await prune(model, { sparsity: 0.8, allocation: erk() });
    // 168 of 840 weights over sums 50, 30, 14 of the sides.
    expect(livesOf(model)).toEqual([89, 54, 25]);
    model.dispose();
  });

  test('takes what a layer no longer has from the others', async () => {
    const model = await build();
    await prune(model, { allocation: perLayer({ dense3: 0.75 }) });
    expect(livesOf(model)).toEqual([600, 200, 10]);
    const { reached } = await prune(model, { sparsity: 0.8, allocation: 'erk' });
    expect(reached).toBeCloseTo(0.8, 10);
    expect(livesOf(model).at(-1)).toBe(10);
    model.dispose();
  });
});

describe('perLayer', () => {
  test('prunes the layers that it names to their shares, and no others', async () => {
    const model = await build();
    const report = await prune(model, { allocation: perLayer({ dense1: 0.9, dense3: 0.5 }) });
    expect(livesOf(model)).toEqual([60, 200, 20]);
    expect(report.asked).toBeCloseTo(560 / 840, 12);
    expect(report.reached).toBeCloseTo(560 / 840, 12);
    model.dispose();
  });

  test('refuses other layers, shares that are none, and a sparsity beside it', async () => {
    const model = await build();
    for (const bad of [{ dense4: 0.5 }, { relu1: 0.5 }]) {
      await expect(prune(model, { allocation: perLayer(bad) })).rejects.toThrow(
        /perLayer: layers must be among/,
      );
    }
    expect(() => perLayer({ dense1: 1.5 })).toThrow(OptionError);
    expect(() => perLayer(null as unknown as Record<string, number>)).toThrow(OptionError);
    const both = { sparsity: 0.5, allocation: perLayer({ dense1: 0.5 }) };
    await expect(prune(model, both)).rejects.toThrow(/sparsity must be left out/);
    await expect(prune(model, {})).rejects.toThrow(/sparsity or threshold must be given/);
    expect(livesOf(model)).toEqual([600, 200, 40]);
    model.dispose();
  });
});

describe('lamp', () => {
  test('scores a weight by its share of what is at least as large', async () => {
    const model = await sequential({ inputShape: [4] }, [dense(1), dense(2)]);
    const bias = [new Float32Array(1), new Float32Array(2)];
    model.setWeights([Float32Array.of(1, -2, 3, 0), bias[0]!, Float32Array.of(1, -1), bias[1]!]);
    // 1/14, 4/13, 1 and 0; the equal ones of the second layer share: 1/2 each.
    await prune(model, { sparsity: 3 / 6, criterion: lamp() });
    expect(model.layers.flatMap(({ weight }) => (weight ? [[...weight.mask!]] : []))).toEqual([
      [0, 0, 1, 0],
      [1, 1],
    ]);
    model.dispose();
  });

  test('empties no layer where plain magnitude does', async () => {
    const model = await build();
    const weights = model.getWeights();
    model.setWeights(weights.map((array, i) => (i === 2 ? array.map((value) => value / 1000) : array)));
    await prune(model, { sparsity: 0.9, criterion: 'lamp', guard: false });
    expect(Math.min(...livesOf(model))).toBeGreaterThan(0);
    model.dispose();
  });
});

describe('the guard', () => {
  test('leaves a layer its best weight where a ranking takes all, and says so', async () => {
    const shrink = async () => {
      const model = await build();
      model.setWeights(
        model.getWeights().map((array, i) => (i === 2 ? array.map((value) => value / 1000) : array)),
      );
      return model;
    };
    const bare = await shrink();
    const open = await prune(bare, { sparsity: 0.9, guard: false });
    expect(livesOf(bare)[1]).toBe(0);
    expect(open.rounds[0]!.guarded).toEqual([]);
    const guarded = await shrink();
    const report = await prune(guarded, { sparsity: 0.9 });
    expect(livesOf(guarded)[1]).toBe(1);
    expect(report.rounds[0]!.guarded).toEqual(['dense2.weight']);
    expect(report.reached).toBeCloseTo(0.9, 12);
    const best = guarded.layers[2]!.weight!.data.map(Math.abs);
    expect(Math.max(...best)).toBeGreaterThan(0);
    for (const model of [bare, guarded]) model.dispose();
  });

  test('does nothing where everything is to go, or nothing was left', () => {
    const tensors = [tensor('a', [5, 4]), tensor('b', [0, 0]), tensor('c', [1, 0])];
    expect(allocateGuarded(tensors, allocations.global, 1, true).guarded).toEqual([]);
    const { masks, guarded } = allocateGuarded(tensors, allocations.global, 4 / 6, true);
    expect(guarded).toEqual(['c.weight']);
    expect(masks.map((mask) => [...mask])).toEqual([
      [1, 0],
      [0, 0],
      [1, 0],
    ]);
  });

  test('keeps one weight of each layer where fewer were to stay, and of one that its share leaves nothing', async () => {
    const tensors = [tensor('a', [5, 4]), tensor('b', [0, 0]), tensor('c', [1, 3])];
    const few = allocateGuarded(tensors, allocations.global, 5 / 6, true);
    expect(few.masks.map((mask) => [...mask])).toEqual([
      [1, 0],
      [0, 0],
      [0, 1],
    ]);
    expect(few.guarded).toContain('c.weight');
    expect(allocateGuarded(tensors, allocations.global, 5 / 6, false).guarded).toEqual([]);
    for (const allocation of ['global', 'uniform', 'erk', 'rows'] as const) {
      const alone = await sequential({ inputShape: [12], seed: 1 }, [dense(1)]);
      const one = await prune(alone, { sparsity: 0.99, allocation });
      expect([livesOf(alone), one.reached, one.rounds[0]!.guarded]).toEqual([
        [1],
        1 - 1 / 12,
        ['dense1.weight'],
      ]);
      const best = alone.layers[0]!.weight!;
      expect(best.data.findIndex((w) => w !== 0)).toBe(best.mask!.indexOf(1));
      const model = await sequential({ inputShape: [12], seed: 1 }, [dense(6), relu(), dense(1)]);
      const { reached, rounds } = await prune(model, { sparsity: 0.99, allocation });
      expect([livesOf(model), reached]).toEqual([[1, 1], 1 - 2 / 78]);
      expect(rounds[0]!.guarded.length).toBeGreaterThan(0);
      await prune(model, { sparsity: 0.99, allocation, guard: false });
      expect(livesOf(model).reduce((a, b) => a + b)).toBe(1);
      for (const each of [alone, model]) each.dispose();
    }
    const model = await sequential({ inputShape: [4], seed: 1 }, [dense(3), relu(), dense(2)]);
    const { rounds } = await prune(model, { allocation: perLayer({ dense1: 0.5, dense2: 1 }) });
    expect([livesOf(model), rounds[0]!.guarded]).toEqual([[6, 1], ['dense2.weight']]);
    model.dispose();
  });
});

describe('an allocation of the user', () => {
  /** Every tensor loses its share, lowest keys first, without a thought of storage. */
  const own: Allocation = (tensors, sparsity) =>
    tensors.map(({ keys, length }) => {
      const order = [...keys.keys()].sort((a, b) => keys[a]! - keys[b]! || b - a);
      const mask = new Uint8Array(keys.length).fill(1);
      for (const at of order.slice(0, Math.round(length * sparsity))) mask[at] = 0;
      return mask;
    });

  test('is given the keys of all weights in every storage, so that it prunes what is asked for', async () => {
    const masks: string[][] = [];
    for (const storage of ['dense', 'csr', 'block2', 'auto'] as const) {
      const model = await sequential({ inputShape: [64], seed: 1, storage }, [dense(40), relu(), dense(10)]);
      const lengths: number[][] = [];
      const watched: Allocation = (tensors, sparsity) => {
        lengths.push(tensors.map(({ keys }) => keys.length));
        return own(tensors, sparsity);
      };
      const single = storage !== 'block2';
      for (const sparsity of single ? [0.5, 0.8, 0.85, 0.9] : [0]) {
        const { reached } = await prune(model, { sparsity, allocation: watched });
        expect(reached).toBeCloseTo(sparsity, 12);
      }
      expect(new Set(lengths.map(String))).toEqual(new Set(['2560,400']));
      if (single) masks.push(model.layers.flatMap(({ weight }) => (weight ? weight.mask!.join('') : [])));
      model.dispose();
    }
    expect(new Set(masks.map(String)).size).toBe(1);
  });

  test('may say that stored weights are enough, and a threshold of the user looks at all', async () => {
    const model = await sequential({ inputShape: [12], seed: 2, storage: 'csr' }, [dense(10)]);
    await prune(model, { sparsity: 0.5 });
    const seen: number[] = [];
    const stored: Allocation = Object.assign(
      (tensors: readonly ScoredTensor[], sparsity: number) => {
        seen.push(tensors[0]!.keys.length);
        return allocations.global(tensors, sparsity);
      },
      { stored: true },
    );
    expect((await prune(model, { sparsity: 0.6, allocation: stored })).reached).toBeCloseTo(0.6, 12);
    const threshold = (tensors: readonly ScoredTensor[]) => {
      seen.push(tensors[0]!.keys.length);
      return [0];
    };
    await prune(model, { threshold });
    expect(seen).toEqual([60, 120]);
    model.dispose();
  });
});
