import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Criterion,
  dense,
  flatten,
  iterative,
  magnitude,
  type PruneOptions,
  prune,
  random,
  relu,
  type Sequential,
  sequential,
  sgd,
} from '../../src/index.js';
import { nthRoot } from '../../src/prune/presets/rounds.js';
import { keepHighest, sortableKeys } from '../../src/prune/select.js';
import { fingerprint, values } from '../model/support.js';

const x = values(3 * 12, 1);
const y = Uint8Array.from({ length: 12 }, (_, i) => i % 2);

/** Two weights of 6 and 4, values given. */
async function literal(first: number[], second: number[]): Promise<Sequential> {
  const model = await sequential({ inputShape: [3], seed: 8 }, [dense(2), relu(), dense(2)]);
  const [b1, b2] = [Float32Array.of(9, 9), Float32Array.of(8, 8)];
  model.setWeights([Float32Array.from(first), b1, Float32Array.from(second), b2]);
  return model;
}

const masksOf = (model: Sequential) =>
  model.layers.flatMap(({ weight }) => (weight ? [weight.mask ? [...weight.mask] : null] : []));

describe('prune', () => {
  test('keeps the largest weights of all tensors together, whatever their sign', async () => {
    const model = await literal([0.1, -7, 3, 0, -0.5, 2], [0.2, -0.3, 5, 0.05]);
    const report = await prune(model, { sparsity: 0.5 });
    expect(masksOf(model)).toEqual([
      [0, 1, 1, 0, 1, 1],
      [0, 0, 1, 0],
    ]);
    expect(model.getWeights().map((array) => [...array])).toEqual([
      [0, -7, 3, 0, -0.5, 2],
      [9, 9],
      [0, 0, 5, 0],
      [8, 8],
    ]);
    expect(report).toMatchObject({
      asked: 0.5,
      reached: 0.5,
      layers: [
        { name: 'dense1.weight', weights: 6, live: 4, sparsity: expect.closeTo(1 / 3, 12) },
        { name: 'dense2.weight', weights: 4, live: 1, sparsity: 0.75 },
      ],
    });
    expect(report.rounds.length).toBe(1);
    model.dispose();
  });

  test('takes the same share of every tensor when uniform', async () => {
    const model = await literal([0.1, -7, 3, 0, -0.5, 2], [0.2, -0.3, 5, 0.05]);
    await prune(model, { sparsity: 0.5, allocation: 'uniform' });
    expect(masksOf(model)).toEqual([
      [0, 1, 1, 0, 0, 1],
      [0, 1, 1, 0],
    ]);
    model.dispose();
  });

  test('ties keep the lower index, and earlier layers before later ones', async () => {
    for (const [sparsity, expected] of [
      [0.5, ['11111', '00000']],
      [0.3, ['11111', '11000']],
      [0.9, ['10000', '00000']],
    ] as const) {
      const model = await sequential({ inputShape: [5] }, [dense(1), dense(5)]);
      model.setWeights([
        Float32Array.of(1, -1, 1, 1, -1),
        new Float32Array(1),
        Float32Array.of(1, 1, -1, 1, 1),
        new Float32Array(5),
      ]);
      await prune(model, { sparsity, guard: false });
      expect(masksOf(model).map((mask) => mask!.join(''))).toEqual(expected);
      model.dispose();
    }
  });

  test('zeros of either sign are equal and go first', async () => {
    const model = await literal([-0, 0, 1, -0, 0, 2], [3, 4, 5, 6]);
    await prune(model, { sparsity: 0.2 });
    expect(masksOf(model)[0]).toEqual([1, 1, 1, 0, 0, 1]);
    model.dispose();
  });

  test('sparsity 0 keeps all and sparsity 1 keeps none', async () => {
    for (const allocation of ['global', 'uniform'] as const) {
      const model = await literal([1, 2, 3, 4, 5, 6], [1, 2, 3, 4]);
      const weights = model.getWeights();
      expect((await prune(model, { sparsity: 0, allocation })).reached).toBe(0);
      expect(model.getWeights()).toEqual(weights);
      expect((await prune(model, { sparsity: 1, allocation })).reached).toBe(1);
      expect(model.getWeights().map((array) => array.some(Boolean))).toEqual([false, true, false, true]);
      expect(model.predict(x.subarray(0, 3))).toEqual(Float32Array.of(8, 8));
      model.dispose();
    }
  });

  test('is exact to one weight over random models, globally and in every tensor', async () => {
    const shapes = fc.record({
      widths: fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 2, maxLength: 4 }),
      sparsity: fc.oneof(fc.constantFrom(0, 0.5, 0.9, 1), fc.double({ min: 0, max: 1, noNaN: true })),
      uniform: fc.boolean(),
      coarse: fc.boolean(),
      seed: fc.nat(1000),
    });
    await fc.assert(
      fc.asyncProperty(shapes, async ({ widths: [inputs, ...units], sparsity, uniform, coarse, seed }) => {
        const model = await sequential(
          { inputShape: [inputs!], seed },
          units.map((unit) => dense(unit)),
        );
        // Coarse values have many ties.
        if (coarse) model.setWeights(model.getWeights().map((array) => array.map(Math.round)));
        const scores = model.layers.map(({ weight }) => weight!.data.map(Math.abs));
        const report = await prune(model, {
          guard: false,
          sparsity,
          allocation: uniform ? 'uniform' : 'global',
        });
        const masks = model.layers.map(({ weight }) => weight!.mask!);
        const groups = uniform ? masks.map((_, i) => [i]) : [masks.map((_, i) => i)];
        for (const group of groups) {
          const ranked = group
            .flatMap((i) => [...scores[i]!].map((score, j) => ({ score, kept: masks[i]![j]! })))
            .map((entry, order) => ({ ...entry, order }))
            .sort((a, b) => b.score - a.score || a.order - b.order);
          const keep = ranked.reduce((sum, { kept }) => sum + kept, 0);
          expect(Math.abs(keep - ranked.length * (1 - sparsity))).toBeLessThan(1);
          expect(ranked.map(({ kept }) => kept)).toEqual(ranked.map((_, i) => (i < keep ? 1 : 0)));
        }
        const pruned = masks.reduce((sum, mask) => sum + mask.filter((kept) => kept === 0).length, 0);
        const total = masks.reduce((sum, mask) => sum + mask.length, 0);
        expect(pruned).toBe(Math.round(sparsity * total));
        expect(report.reached).toBeCloseTo(pruned / total, 12);
        expect(report.layers.reduce((sum, { live }) => sum + live, 0)).toBe(total - pruned);
        model.dispose();
      }),
      { seed: 3, numRuns: 60 },
    );
  });

  test('pruning again to the same sparsity changes nothing', async () => {
    await fc.assert(
      fc.asyncProperty(fc.double({ min: 0, max: 1, noNaN: true }), async (sparsity) => {
        const model = await sequential({ inputShape: [7], seed: 3 }, [dense(3), dense(2)]);
        await prune(model, { sparsity });
        const before = fingerprint(model);
        await prune(model, { sparsity });
        expect(fingerprint(model)).toBe(before);
        model.dispose();
      }),
      { seed: 4, numRuns: 30, examples: [[1 / 3], [0.35], [0.95]] },
    );
  });

  test('prunes random weights with the criterion random, decided by the seed', async () => {
    const run = async (seed: number) => {
      const model = await sequential({ inputShape: [20], seed }, [dense(20), dense(20)]);
      model.setWeights(model.getWeights().map((array) => array.fill(1)));
      await prune(model, { sparsity: 0.5, criterion: 'random' });
      const masks = masksOf(model).map((mask) => mask!.join(''));
      model.dispose();
      return masks;
    };
    const masks = await run(1);
    expect(await run(1)).toEqual(masks);
    expect(await run(2)).not.toEqual(masks);
    expect(masks[0]).not.toBe(masks[1]);
    for (const mask of masks) {
      const kept = mask.replaceAll('0', '').length;
      expect(Math.abs(kept - 200)).toBeLessThan(50);
      expect(mask).not.toMatch(/(.)\1{25}/);
    }
  });

  test("takes a user's own criterion, which sees names, shapes, weights and masks", async () => {
    const model = await literal([1, 2, 3, 4, 5, 6], [7, 8, 9, 10]);
    const seen: unknown[] = [];
    const smallest: Criterion = ({ name, shape, weight, mask }) => {
      seen.push([name, shape, [...weight], mask && [...mask]]);
      return weight.map((value) => -value);
    };
    await prune(model, {
      sparsity: 0.3,
      criterion: smallest,
      schedule: iterative({ rounds: 3, per: 'original' }),
    });
    expect(masksOf(model)).toEqual([
      [1, 1, 1, 1, 1, 1],
      [1, 0, 0, 0],
    ]);
    expect(seen.slice(0, 2)).toEqual([
      ['dense1.weight', [2, 3], [1, 2, 3, 4, 5, 6], null],
      ['dense2.weight', [2, 2], [7, 8, 9, 10], null],
    ]);
    expect(seen.at(-1)).toEqual(['dense2.weight', [2, 2], [7, 8, 0, 0], [1, 1, 0, 0]]);
    model.dispose();
  });

  test('scores may be infinite, and what is pruned stays so even when its score is the highest', async () => {
    const model = await literal([1, 2, 3, 4, 5, 6], [7, 8, 9, 10]);
    await prune(model, { sparsity: 0.2 });
    const upside: Criterion = ({ weight, mask }) =>
      weight.map((value, i) => (mask?.[i] === 0 ? Infinity : value > 8 ? -Infinity : value));
    await prune(model, { sparsity: 0.4, criterion: upside });
    expect(masksOf(model)).toEqual([
      [0, 0, 1, 1, 1, 1],
      [1, 1, 0, 0],
    ]);
    model.dispose();
  });

  test("takes a user's own allocation", async () => {
    const model = await literal([1, 2, 3, 4, 5, 6], [7, 8, 9, 10]);
    const first: PruneOptions['allocation'] = (tensors, sparsity) =>
      tensors.map(({ keys, length }, i) =>
        i === 0
          ? keepHighest([keys], length - Math.round(10 * sparsity))[0]!
          : new Uint8Array(length).fill(1),
      );
    expect((await prune(model, { sparsity: 0.4, allocation: first })).layers.map(({ live }) => live)).toEqual(
      [2, 4],
    );
    model.dispose();
  });

  test('leaves a model without weights as it is', async () => {
    const model = await sequential({ inputShape: [2, 2] }, [flatten(), relu()]);
    const report = await prune(model, { sparsity: 0 });
    expect(report).toMatchObject({ reached: 0, layers: [] });
    model.dispose();
  });

  test('a built-in gives the same by name, by object and by default', async () => {
    const prints = new Set<string>();
    for (const options of [{}, { criterion: 'magnitude' as const }, { criterion: magnitude() }]) {
      const model = await sequential({ inputShape: [9], seed: 5 }, [dense(9)]);
      await prune(model, { sparsity: 0.6, ...options });
      prints.add(fingerprint(model));
      model.dispose();
    }
    expect(prints.size).toBe(1);
    expect(random()).toBeTypeOf('function');
  });
});

describe('rounds', () => {
  test('take the same share of what is left each time, or the same number', async () => {
    const asked = async (per?: 'original') => {
      const model = await sequential({ inputShape: [50], seed: 1 }, [dense(40)]);
      const schedule = iterative(per ? { rounds: 4, per } : { rounds: 4 });
      const { rounds } = await prune(model, { sparsity: 0.9375, schedule });
      model.dispose();
      expect(rounds.map(({ round }) => round)).toEqual([1, 2, 3, 4]);
      for (const { asked, reached } of rounds) expect(Math.abs(asked - reached)).toBeLessThan(1 / 2000);
      return rounds.map(({ reached }) => reached);
    };
    expect(await asked()).toEqual([0.5, 0.75, 0.875, 0.9375]);
    expect(await asked('original')).toEqual([0.2345, 0.469, 0.703, 0.9375].map((s) => expect.closeTo(s, 2)));
  });

  test('go on from what is pruned already, and end exactly where they should', () => {
    const plan = iterative({ rounds: 3 });
    const at = (round: number) => plan.sparsityAt(round, 0.2, 0.9);
    const densities = [0.8, 1 - at(1), 1 - at(2), 1 - at(3)];
    expect(at(3)).toBe(0.9);
    const ratios = [1, 2, 3].map((i) => densities[i]! / densities[i - 1]!);
    for (const ratio of ratios) expect(ratio).toBeCloseTo(0.5, 10);
    expect(iterative({ rounds: 3 }).sparsityAt(1, 0, 1)).toBe(1);
    expect(iterative({ rounds: 3 }).sparsityAt(2, 1, 1)).toBe(1);
  });

  test('need roots that agree with Math.pow', () => {
    for (const n of [1, 2, 3, 5, 10, 50]) {
      for (const value of [0, 1e-12, 0.001, 0.05, 0.5, 0.999, 1]) {
        expect(Math.abs(nthRoot(value, n) - value ** (1 / n))).toBeLessThan(1e-12);
      }
    }
  });

  test('retrain after each, and report what came of it', async () => {
    const model = await sequential({ inputShape: [3], seed: 2 }, [dense(10), relu(), dense(2)]);
    const data = { images: x, labels: y };
    const seen: number[] = [];
    const report = await prune(model, {
      sparsity: 0.75,
      schedule: iterative({ rounds: 2 }),
      fit: { data, validation: data, optimizer: sgd({ learningRate: 0.2 }), epochs: 3, batchSize: 4 },
      onRound: ({ round }) => seen.push(round),
    });
    expect(seen).toEqual([1, 2]);
    for (const { pruned, retrained, history, reached } of report.rounds) {
      expect(history!.loss.length).toBe(3);
      expect(history!.sparsity).toEqual([reached, reached, reached]);
      expect(retrained!.loss).toBeLessThan(pruned!.loss);
    }
    const last = report.rounds.at(-1)!.retrained;
    expect(last).toEqual(await model.evaluate(x, y));
    model.dispose();
  });
});

describe('survivors', () => {
  const build = () => sequential({ inputShape: [3], seed: 2 }, [dense(10), relu(), dense(2)]);
  const options = { optimizer: sgd({ learningRate: 0.2 }), epochs: 2, batchSize: 4 };
  const masked = (weights: readonly Float32Array[], model: Sequential) => {
    const masks = model.toNetwork().parameters.flat();
    return weights.map((array, p) => array.map((value, i) => (masks[p]!.mask?.[i] === 0 ? 0 : value)));
  };

  test('stay as trained by default', async () => {
    const model = await build();
    await model.fit(x, y, options);
    const trained = model.getWeights();
    await prune(model, { sparsity: 0.5 });
    expect(model.getWeights()).toEqual(masked(trained, model));
    model.dispose();
  });

  test('rewind to the first weights, biases too, under the mask of the trained ones', async () => {
    const [model, other] = [await build(), await build()];
    const first = model.getWeights();
    for (const each of [model, other]) await each.fit(x, y, options);
    await prune(model, { sparsity: 0.5, survivors: 'rewind' });
    await prune(other, { sparsity: 0.5 });
    expect(masksOf(model)).toEqual(masksOf(other));
    expect(model.getWeights()).toEqual(masked(first, model));
    for (const each of [model, other]) each.dispose();
  });

  test('rewind to the weights before the first fit, even when they were set by hand', async () => {
    const model = await build();
    const first = model.getWeights().map((array, i) => values(array.length, i + 1));
    model.setWeights(first);
    await model.fit(x, y, options);
    await prune(model, { sparsity: 0.5, survivors: 'rewind' });
    expect(model.getWeights()).toEqual(masked(first, model));
    model.dispose();
  });

  test('rewind to the step of rewindAt, in the middle of an epoch or at its end', async () => {
    for (const step of [0, 2, 3, 6]) {
      const model = await build();
      let snapshot = model.getWeights();
      let steps = 0;
      const onStep = () => {
        if (++steps === step) snapshot = model.getWeights();
      };
      await model.fit(x, y, { ...options, rewindAt: step, callbacks: [{ onStep }] });
      await prune(model, { sparsity: 0.5, survivors: 'rewind' });
      expect(model.getWeights()).toEqual(masked(snapshot, model));
      model.dispose();
    }
  });

  test('rewind of a loaded model goes to the weights of the file', async () => {
    const model = await build();
    const { loadModel } = await import('../../src/index.js');
    await model.fit(x, y, options);
    const loaded = await loadModel(model.encode());
    const first = loaded.getWeights();
    await loaded.fit(x, y, options);
    await prune(loaded, { sparsity: 0.5, survivors: 'rewind' });
    expect(loaded.getWeights()).toEqual(masked(first, loaded));
    for (const each of [model, loaded]) each.dispose();
  });

  test('reinit draws other numbers in every round, and biases become zero', async () => {
    const model = await build();
    const first = model.getWeights();
    const rounds: Float32Array[][] = [];
    await prune(model, {
      sparsity: 0.5,
      survivors: 'reinit',
      schedule: iterative({ rounds: 2 }),
      onRound: () => rounds.push(model.getWeights()),
    });
    expect(rounds[1]).toEqual(masked(rounds[1]!, model));
    const [zero, one, two] = [first, rounds[0]!, rounds[1]!].map((weights) => weights[0]!);
    const shared = (a: Float32Array, b: Float32Array) =>
      a.filter((value, i) => value !== 0 && value === b[i]).length;
    expect([shared(zero!, one!), shared(one!, two!), shared(zero!, two!)]).toEqual([0, 0, 0]);
    expect(model.getWeights()[1]!.every((value) => value === 0)).toBe(true);
    const again = await build();
    await prune(again, { sparsity: 0.5, survivors: 'reinit', schedule: iterative({ rounds: 2 }) });
    expect(fingerprint(again)).toBe(fingerprint(model));
    for (const each of [model, again]) each.dispose();
  });

  test('that do not stay as trained meet optimizers without memory', async () => {
    const momentum = sgd({ learningRate: 0.1, momentum: 0.9 });
    const model = await build();
    await model.fit(x, y, { ...options, optimizer: momentum });
    const moving = () =>
      model.states
        .of(momentum)
        .read()
        .flat()
        .some((slot) => slot.some(Boolean));
    expect(moving()).toBe(true);
    await prune(model, { sparsity: 0.5 });
    expect(moving()).toBe(true);
    await prune(model, { sparsity: 0.6, survivors: 'rewind' });
    expect(moving()).toBe(false);
    model.dispose();
  });
});

describe('selection', () => {
  test('sorts floats by whole numbers of the same order', () => {
    const rising = [-Infinity, -3e38, -1, -1e-45, 0, 1e-45, 1, 3e38, Infinity];
    const keys = [...sortableKeys('w', Float32Array.from(rising))];
    expect([...keys].sort((a, b) => a - b)).toEqual(keys);
    expect(new Set(keys).size).toBe(rising.length);
    expect(keys[0]).toBeGreaterThan(0);
    expect(sortableKeys('w', Float32Array.of(-0))).toEqual(sortableKeys('w', Float32Array.of(0)));
  });

  test('keeps exactly the highest over lists of any lengths', () => {
    const lists = fc.array(fc.array(fc.oneof(fc.nat(3), fc.nat(2 ** 32 - 1)), { maxLength: 20 }), {
      maxLength: 4,
    });
    fc.assert(
      fc.property(lists, fc.nat(100), (given, count) => {
        const all = given.flat();
        const keep = Math.min(count, all.length);
        const masks = keepHighest(
          given.map((list) => Uint32Array.from(list)),
          keep,
        ).flatMap((mask) => [...mask]);
        const order = all.map((_, i) => i).sort((a, b) => all[b]! - all[a]! || a - b);
        const expected = new Array<number>(all.length).fill(0);
        for (const i of order.slice(0, keep)) expected[i] = 1;
        expect(masks).toEqual(expected);
      }),
      { seed: 9, numRuns: 200 },
    );
  });
});
