import { describe, expect, test } from 'vitest';
import { adam, linear, type MovementOptions, movement, OptionError, perLayer, sgd } from '../../src/index.js';
import { build, expectConsistent, FIT, liveOf, pushed, sharedTests, TOTAL, x, y } from './shadowSupport.js';

describe('the rule of movement', () => {
  test('keeps what moves away from zero, however small it is', async () => {
    // Gradients are -1, 2, 0 and 1: the first and the second move away from zero, the last one towards it.
    const { masks, seen } = await pushed([0.1, -4, 9, 8], [-1, 2, 0, 1], 0.125, 3, () =>
      movement({ sparsity: 0.5, begin: 1, until: 1 }),
    );
    expect(masks).toEqual(['1111', '1111', '1100']);
    expect(seen[1]).toEqual([Math.fround(Math.fround(0.1) + 0.25), -4.5, 9, 7.75]);
    expect(seen[2]![2]).toBe(0);
  });

  test('scores pruned weights by the values behind their mask, and brings those back', async () => {
    // The first weight is pulled towards zero for five steps and then away from it: its score falls by 8 a step, to
    // -40, and rises again; the second gains 2 a step, the third has no score.
    let step = 0;
    const gradient = () => (step++ < 5 ? [2, -1, 0] : [-2, -1, 0]);
    const { masks, seen } = await pushed([4, 2, 0], gradient, 0, 14, () =>
      movement({ sparsity: 1 / 3, until: 1, every: 1, begin: 0, curve: 'linear' }),
    );
    expect(masks).toContain('011');
    expect(masks.at(-1)).toBe('110');
    expect(seen.at(-1)).toEqual([4, 2, 0]);
  });
});

describe('movement', () => {
  sharedTests(() => movement({ sparsity: 0.8, every: 3 }));

  test.each([0, 0.5, 0.83, 1])('reaches %f to one weight, by every allocation', async (sparsity) => {
    for (const allocation of ['global', 'uniform', 'erk'] as const) {
      const model = await build();
      await model.fit(x, y, { ...FIT, pruning: movement({ sparsity, allocation }) });
      const live = TOTAL - Math.round(sparsity * TOTAL);
      expect(Math.abs(liveOf(model) - live)).toBeLessThanOrEqual(allocation === 'uniform' ? 1 : 0);
      model.dispose();
    }
  });

  test('brings weights back with empty moments, and empties those of what goes', async () => {
    const model = await build('dense');
    const optimizer = adam({ learningRate: 0.05 });
    let before = model.parameters.map((parameter) => parameter.readMask());
    let back = 0;
    const onStep = () => {
      expectConsistent(model, optimizer);
      const slots = model.states.of(optimizer).readDense();
      const masks = model.parameters.map((parameter) => parameter.readMask());
      masks.forEach((mask, p) => {
        mask?.forEach((now, i) => {
          if (now === 0 || before[p]?.[i] !== 0) return;
          back++;
          expect(slots[p]!.map((slot) => slot[i])).toEqual([0, 0]);
          expect(model.parameters[p]!.view()[i]).not.toBe(0);
        });
      });
      before = masks;
    };
    const pruning = movement({ sparsity: 0.6, every: 1, begin: 0, until: 0.9 });
    await model.fit(x, y, { ...FIT, optimizer, pruning, callbacks: [{ onStep }] });
    expect(back).toBeGreaterThan(10);
    model.dispose();
  });

  test('does not depend on a constant learning rate, but on a schedule', async () => {
    const masks = async (learningRate: MovementOptions['learningRate']) => {
      const model = await build();
      const pruning = movement({ sparsity: 0.6, ...(learningRate && { learningRate }) });
      await model.fit(x, y, { ...FIT, optimizer: sgd({ learningRate: 0.1 }), pruning });
      const text = model.parameters.map((parameter) => parameter.readMask()?.join('')).join();
      model.dispose();
      return text;
    };
    const one = await masks(1);
    expect(await masks(undefined)).toBe(one);
    expect(await masks(0.25)).toBe(one);
    expect(await masks(linear({ start: 0, end: 1, steps: 30 }))).not.toBe(one);
  });

  test('refuses what cannot be', () => {
    for (const bad of [
      {},
      { sparsity: 1.1 },
      { sparsity: 0.5, learningRate: 0 },
      { sparsity: 0.5, learningRate: 'fast' },
      { sparsity: 0.5, curve: 'square' },
      { sparsity: 0.5, begin: 0.9, until: 0.8 },
      { sparsity: 0.5, every: 1.5 },
      { sparsity: 0.5, rate: 1 },
      { sparsity: 0.5, allocation: perLayer({ dense1: 0.5 }) },
    ]) {
      expect(() => movement(bad as unknown as MovementOptions)).toThrow(OptionError);
    }
  });
});
