import { describe, expect, test } from 'vitest';
import {
  batchNorm,
  batchNormSlimming,
  conv2d,
  dense,
  flatten,
  OptionError,
  relu,
  sequential,
  sgd,
} from '../../src/index.js';
import { values } from '../model/support.js';

const layers = [conv2d(4, 3), batchNorm(), relu(), flatten(), dense(3)];
const [x, y] = [values(6 * 16, 1), Uint8Array.from({ length: 6 }, (_, i) => i % 3)];

describe('batchNormSlimming', () => {
  test('adds strength times the sign of a scale to its gradient, and nothing else', async () => {
    const trained = async (strength?: number) => {
      const model = await sequential({ inputShape: [1, 4, 4], seed: 3 }, layers);
      const weights = model.getWeights();
      weights[2] = Float32Array.of(1, -2, 0, 0.5);
      model.setWeights(weights);
      const pruning = strength === undefined ? {} : { pruning: batchNormSlimming({ strength }) };
      const optimizer = sgd({ learningRate: 0.5 });
      await model.fit(x, y, { optimizer, epochs: 1, batchSize: 6, ...pruning });
      const after = model.getWeights();
      model.dispose();
      return after;
    };
    const [plain, slim] = [await trained(), await trained(0.25)];
    const moved = Array.from(slim[2]!, (value, i) => value - plain[2]![i]!);
    [-0.125, 0.125, 0, -0.125].forEach((step, i) => {
      expect(moved[i]).toBeCloseTo(step, 6);
    });
    slim[2] = plain[2]!;
    expect(slim).toEqual(plain);
  });

  test('makes scales small that matter little', async () => {
    const sums: number[] = [];
    for (const strength of [1e-6, 0.5]) {
      const model = await sequential({ inputShape: [1, 4, 4], seed: 3 }, layers);
      const pruning = batchNormSlimming({ strength });
      await model.fit(x, y, { optimizer: sgd({ learningRate: 0.1 }), epochs: 60, batchSize: 6, pruning });
      sums.push(model.getWeights()[2]!.reduce((sum, value) => sum + Math.abs(value), 0));
      model.dispose();
    }
    expect(sums[0]).toBeGreaterThan(3);
    expect(sums[1]).toBeLessThan(1.5);
  });

  test('refuses what it cannot do', async () => {
    expect(() => batchNormSlimming({ strength: 0 })).toThrow(
      'batchNormSlimming: strength must be above 0, got 0',
    );
    expect(() => batchNormSlimming({ strength: Number.NaN })).toThrow(OptionError);
    expect(() => batchNormSlimming({ strengths: 1 } as object)).toThrow(/did you mean "strength"/);
    const model = await sequential({ inputShape: [16] }, [dense(3)]);
    const before = model.getWeights();
    await expect(model.fit(x, y, { pruning: batchNormSlimming() })).rejects.toThrow(
      'batchNormSlimming: a model must have a batchNorm() layer, got none',
    );
    expect(model.getWeights()).toEqual(before);
    model.dispose();
  });
});
