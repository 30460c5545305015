import { describe, expect, test } from 'vitest';
import { type AcdcOptions, acdc, adam, OptionError, perLayer, prune } from '../../src/index.js';
import { phases } from '../../src/prune/methods/phases.js';
import { build, FIT, liveOf, sharedTests, TOTAL, x, y } from './shadowSupport.js';

const pattern = (options: Omit<AcdcOptions, 'sparsity'>, steps: number, stepsPerEpoch: number) => {
  const sparse = phases('acdc', options)({ steps, stepsPerEpoch, moments: () => [] });
  return Array.from({ length: steps }, (_, step) => (sparse(step) ? 's' : 'd')).join('');
};

describe('phases', () => {
  test('alternate between warm-up and finish, and no dense one is cut short', () => {
    expect(pattern({ warmup: 0.2, finish: 0.2 }, 20, 2)).toBe('ddddssddssddssddssss');
    expect(pattern({ warmup: 0.2, finish: 0.25 }, 20, 2)).toBe('ddddssddssddssssssss');
    expect(pattern({ warmup: 0, finish: 0, dense: 2 }, 10, 2)).toBe('ssddddssss');
    expect(pattern({ warmup: 1 }, 4, 2)).toBe('ddds');
    expect(pattern({}, 20, 1)).toBe('ddsdsdsdsdsdssssssss');
    expect(pattern({}, 1, 1)).toBe('s');
  });
});

describe('acdc', () => {
  sharedTests(() => acdc({ sparsity: 0.8, warmup: 0.25, finish: 0.25 }));

  test.each([0, 0.5, 0.83, 1])(
    'is dense and sparse in turns, and ends at %f to one weight',
    async (sparsity) => {
      const model = await build();
      const lives: number[] = [];
      const onStep = () => {
        lives.push(liveOf(model));
      };
      const pruning = acdc({ sparsity, warmup: 0.25, finish: 0.25 });
      await model.fit(x, y, { ...FIT, pruning, callbacks: [{ onStep }] });
      const kept = TOTAL - Math.round(sparsity * TOTAL);
      const phase = (live: number) => Array<number>(10).fill(live);
      expect(lives).toEqual([...phase(TOTAL), ...phase(kept), ...phase(TOTAL), ...phase(kept)]);
      model.dispose();
    },
  );

  test('keeps the largest, brings others back at zero, and clears momentum at each switch', async () => {
    const model = await build();
    await prune(model, { sparsity: 0.5 });
    const optimizer = adam({ learningRate: 0 });
    const weights: Float32Array[] = [];
    const onStep = () => {
      weights.push(model.parameters[0]!.read());
    };
    const before = model.parameters[0]!.read();
    const pruning = acdc({ sparsity: 0.9, warmup: 0.5, finish: 0.5 });
    const options = { ...FIT, epochs: 2, optimizer, pruning, callbacks: [{ onStep }] };
    await model.fit(x, y, options);
    expect(weights[0]).toEqual(before);
    const cut = [...before].map(Math.abs).sort((a, b) => b - a)[
      [...weights[19]!].filter((w) => w !== 0).length - 1
    ]!;
    expect(weights[19]).toEqual(before.map((w) => (Math.abs(w) >= cut ? w : 0)));
    model.dispose();
  });

  test('clears the first moment of every parameter, and keeps the second of what stays', async () => {
    const model = await build();
    const optimizer = adam();
    const process = acdc({ sparsity: 0.5, warmup: 0.5, finish: 0.5 }).start(model, {
      steps: 4,
      stepsPerEpoch: 2,
      moments: (index) => model.states.of(optimizer).addresses(index),
    });
    process.prepare!(0);
    for (let i = 0; i < 3; i++) model.trainOnBatch(x, y, { optimizer });
    const sums = () =>
      model.states
        .of(optimizer)
        .readDense()
        .map((slots) => slots.map((slot) => slot.some((value) => value !== 0)));
    process.prepare!(1);
    expect(sums()).toEqual(model.parameters.map(() => [true, true]));
    process.prepare!(2);
    expect(sums()).toEqual(model.parameters.map(() => [false, true]));
    process.end!();
    model.dispose();
  });

  test('refuses what cannot be', () => {
    for (const bad of [
      {},
      { sparsity: -0.1 },
      { sparsity: 0.5, dense: 0 },
      { sparsity: 0.5, sparse: 0.5 },
      { sparsity: 0.5, warmup: 1.5 },
      { sparsity: 0.5, warmup: 0.6, finish: 0.5 },
      { sparsity: 0.5, every: 3 },
      { sparsity: 0.5, allocation: perLayer({ dense1: 0.5 }) },
    ]) {
      expect(() => acdc(bad as unknown as AcdcOptions)).toThrow(OptionError);
    }
  });
});
