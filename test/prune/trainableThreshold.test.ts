import { describe, expect, test } from 'vitest';
import { OptionError, type TrainableThresholdOptions, trainableThreshold } from '../../src/index.js';
import { stepSlope } from '../kernelTable/surgery.js';
import { expectGradient, finiteDifference } from '../support/finiteDifference.js';
import { build, FIT, liveOf, pushed, sharedTests, TOTAL, x, y } from './shadowSupport.js';

/** The step whose derivative the paper uses: 0.5 at q = 0, 0 and 1 beyond 1, in pieces that join. */
function softStep(q: number): number {
  const size = Math.min(Math.abs(q), 1);
  const rise = size <= 0.4 ? 2 * size - 2 * size * size : 0.48 + 0.4 * (size - 0.4);
  return q < 0 ? -rise : rise;
}

describe('the rule of thresholds', () => {
  test('moves thresholds by the long-tailed derivative and the penalty', async () => {
    // q = |w| - t = w at first. dt = -(g w slope) summed - alpha = -(1 * 0.25 * 1) - (-1 * 0.5 * 0.4) - 1 = -1.05.
    const { masks, seen } = await pushed([0.25, 0.5, 2], [1, -1, 0], 0, 2, () =>
      trainableThreshold({ alpha: 1, learningRate: 0.25, until: 1 }),
    );
    expect(masks[0]).toBe('011'); // t = 0.2625
    expect(seen[0]).toEqual([0, 0.5, 2]);
  });

  test('lets weights learn behind their mask', async () => {
    const { seen } = await pushed([0.25, 0.5, 2], [-1, 0, 0], 0.5, 3, () =>
      trainableThreshold({ alpha: 2, learningRate: 0.25, until: 1 }),
    );
    // dt = 0.25 - 2, so that t = 0.4375; the first weight gets 0.5 (1 + 0.25) = 0.625 and stays over it.
    expect(seen[0]).toEqual([0.875, 0.5, 2]);
    const { masks, seen: later } = await pushed([0.25, 0.5, 4], [-1, 0, 0], 0.25, 2, () =>
      trainableThreshold({ alpha: 4, learningRate: 0.25, until: 1 }),
    );
    // t = 0.9375 prunes the first at 0.5625; then its gradient is -|w| slope(-0.375) = -0.5625 / 2.
    expect(masks[0]).toBe('001');
    expect(later[0]).toEqual([0, 0, 4]);
  });

  test('follows the gradient of the loss with a soft step, and of its penalty', () => {
    // The surrogate by which kernels are tested is the derivative of a function: the one that the method descends on.
    const q = Float64Array.of(-1.5, -0.7, -0.2, 0.1, 0.3, 0.6, 1.2);
    const slopes = finiteDifference(() => q.reduce((sum, value) => sum + softStep(value), 0), q);
    expectGradient(Float64Array.from(q, stepSlope), slopes);
  });

  test('begins a layer anew that has lost all but a hundredth', async () => {
    const weights = Array.from({ length: 200 }, (_, i) => (i + 1) / 1000);
    const { masks } = await pushed(
      weights,
      weights.map(() => 0),
      0,
      2,
      () => trainableThreshold({ alpha: 1, learningRate: 10, until: 1 }),
    );
    expect(masks).toEqual(['1'.repeat(200), '1'.repeat(200)]);
  });
});

describe('trainableThreshold', () => {
  sharedTests(() => trainableThreshold({ alpha: 0.05, learningRate: 0.05 }));

  test('gets sparser with alpha', async () => {
    const lives: number[] = [];
    for (const alpha of [0, 0.02, 0.1]) {
      const model = await build();
      const pruning = trainableThreshold({ alpha, learningRate: 0.05 });
      const history = await model.fit(x, y, { ...FIT, pruning });
      lives.push(liveOf(model));
      expect(history.sparsity.at(-1)).toBeCloseTo(1 - liveOf(model) / TOTAL, 12);
      model.dispose();
    }
    expect(lives[0]).toBeGreaterThan(lives[1]!);
    expect(lives[1]).toBeGreaterThan(lives[2]!);
  });

  test('refuses what cannot be', () => {
    for (const bad of [
      { alpha: -1 },
      { alpha: '1' },
      { learningRate: -1 },
      { until: 2 },
      { sparsity: 0.5 },
      null,
    ]) {
      expect(() => trainableThreshold(bad as TrainableThresholdOptions)).toThrow(OptionError);
    }
    expect(trainableThreshold().kind).toBe('trainableThreshold');
  });
});
