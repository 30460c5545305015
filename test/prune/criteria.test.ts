import { describe, expect, test } from 'vitest';
import { dense, OptionError, relu, sequential } from '../../src/index.js';
import { apoz } from '../../src/prune/criteria/apoz.js';
import type { Criterion } from '../../src/prune/criteria/criterion.js';
import { fpgm } from '../../src/prune/criteria/fpgm.js';
import { grasp } from '../../src/prune/criteria/grasp.js';
import { criteria } from '../../src/prune/criteria/index.js';
import { meanActivation } from '../../src/prune/criteria/meanActivation.js';
import { movementScore } from '../../src/prune/criteria/movementScore.js';
import { snip } from '../../src/prune/criteria/snip.js';
import { synflow } from '../../src/prune/criteria/synflow.js';
import { taylor, unitTaylor } from '../../src/prune/criteria/taylor.js';
import { wanda } from '../../src/prune/criteria/wanda.js';
import { statistics } from '../../src/prune/statistics/index.js';
import { losses } from '../../src/train/losses/index.js';
import { values } from '../model/support.js';
import { contextOf, gathered } from './support.js';

const f32 = (...list: number[]) => Float32Array.from(list);
const f64 = (...list: number[]) => Float64Array.from(list);
const scores = async (criterion: Criterion, ...context: Parameters<typeof contextOf>) => [
  ...(await criterion(contextOf(...context))),
];

describe('criteria score literal statistics literally', () => {
  const weight = [1, -2, 0.5, 0, 4, -1];

  test('taylor: mean of (g w)^2, as gathered', async () => {
    const statistic = f32(1, 2, 3, 4, 5, 6);
    expect(await scores(taylor(), weight, 2, { taylor: statistic })).toEqual([1, 2, 3, 4, 5, 6]);
    expect(await scores(unitTaylor(), weight, 2, { unitTaylor: f64(0.5, 3) })).toEqual([0.5, 3]);
  });

  test('snip: |g w|', async () => {
    const gradient = f32(3, 1, -2, 9, -0.5, 0);
    expect(await scores(snip(), weight, 2, { gradient })).toEqual([3, 2, 1, 0, 2, 0]);
  });

  test('movement: -g w, so that what moves towards zero goes first', async () => {
    const gradient = f32(3, 1, -2, 9, -0.5, 0);
    expect(await scores(movementScore(), weight, 2, { gradient })).toEqual([-3, 2, 1, -0, 2, 0]);
  });

  test('grasp: w (H g) with its sign, so that weights which hold the gradient back go first', async () => {
    const gradientProduct = f32(3, 1, -2, 9, -0.5, 2);
    expect(await scores(grasp(), weight, 2, { gradientProduct })).toEqual([3, -2, -1, 0, -2, -2]);
  });

  test('synflow: |w| times flow, times 2^100', async () => {
    const flow = f64(0.25, 0.125, 0, 1, 2 ** -200, 0.5);
    const expected = [0.25, 0.25, 0, 0, 2 ** -198, 0.5].map((share) => share * 2 ** 100);
    expect(await scores(synflow(), weight, 2, { flow })).toEqual(expected);
  });

  test('wanda: |w| times the norm of its input', async () => {
    expect(await scores(wanda(), weight, 2, { inputNorms: f64(1, 2, 3) })).toEqual([1, 4, 1.5, 0, 8, 3]);
  });

  test('apoz: the share of samples that are not zero; meanActivation: the size of the mean', async () => {
    const activity = { nonzero: f64(0.25, 1), mean: f64(0.5, -2) };
    expect(await scores(apoz(), weight, 2, { activity })).toEqual([0.25, 1]);
    expect(await scores(meanActivation(), weight, 2, { activity })).toEqual([0.5, 2]);
  });

  test('fpgm: the sum of distances to the other rows', async () => {
    const model = await sequential({ inputShape: [2] }, [dense(3)]);
    model.setWeights([f32(0, 0, 3, 4, 0, 4), f32(0, 0, 0)]);
    const [statistic] = await gathered(fpgm().needs!, model);
    expect(await scores(fpgm(), [0, 0, 3, 4, 0, 4], 3, statistic!)).toEqual([9, 8, 7]);
    model.dispose();
  });
});

describe('from data to scores', () => {
  test('literal gradients of a literal network', async () => {
    // y = W x, loss = mean over the outputs of (y - t)^2, so dL/dW_ij = (y_i - t_i) x_j.
    const model = await sequential({ inputShape: [2] }, [dense(2, { bias: false })]);
    model.setWeights([f32(1, 2, -1, 3)]);
    const data = { images: f32(1, 2), labels: f32(4, 1) };
    const names = ['gradient', 'taylor', 'unitTaylor', 'inputNorms'] as const;
    const [found] = await gathered(names, model, { data, loss: losses.meanSquaredError });
    // y = (5, 5), y - t = (1, 4)
    expect([...found!.gradient!]).toEqual([1, 2, 4, 8]);
    expect(await scores(taylor(), [1, 2, -1, 3], 2, found!)).toEqual([1, 16, 16, 576]);
    expect(await scores(unitTaylor(), [1, 2, -1, 3], 2, found!)).toEqual([25, 400]);
    expect(await scores(snip(), [1, 2, -1, 3], 2, found!)).toEqual([1, 4, 4, 24]);
    expect(await scores(wanda(), [1, 2, -1, 3], 2, found!)).toEqual([1, 4, 1, 6]);
    model.dispose();
  });

  test('the batch size changes taylor, which is a mean over batches, and not snip, which averages first', async () => {
    const model = await sequential({ inputShape: [3], seed: 2 }, [dense(4), relu(), dense(2)]);
    const data = { images: values(3 * 24, 1), labels: Uint8Array.from({ length: 24 }, (_, i) => i % 2) };
    const of = (batchSize: number) => gathered(['taylor', 'gradient'], model, { data, batchSize });
    const [small, large] = [await of(4), await of(24)];
    expect(small[0]!.taylor).not.toEqual(large[0]!.taylor);
    small[0]!.gradient!.forEach((g, i) => {
      expect(g).toBeCloseTo(large[0]!.gradient![i]!, 6);
    });
    model.dispose();
  });
});

describe('every criterion', () => {
  const made = Object.entries(criteria).map(([name, make]) => [name, make() as Criterion] as const);

  test.each(made)(
    '%s names statistics that exist, and asks for them when they are missing',
    (name, criterion) => {
      for (const need of criterion.needs ?? []) expect(Object.keys(statistics)).toContain(need);
      if (!criterion.needs) return;
      const score = () => criterion(contextOf([1, 2], 1, {}));
      expect(score).toThrow(OptionError);
      expect(score).toThrow(
        `${name}: ${criterion.needs[0]} of dense1.weight must be gathered from data first`,
      );
    },
  );

  test.each(made)('%s scores weights, or units, as it says', async (_, criterion) => {
    if (!criterion.needs) return;
    const model = await sequential({ inputShape: [5], seed: 3 }, [dense(4), relu(), dense(3)]);
    const data = {
      images: values(5 * 30, 1),
      labels: Uint8Array.from({ length: 30 }, (_unused, i) => i % 3),
    };
    const found = await gathered(criterion.needs, model, { data });
    for (const [k, parameter] of [model.parameters[0]!, model.parameters[2]!].entries()) {
      const { engine } = model;
      const weight = [...parameter.read()];
      const got = await criterion(contextOf(weight, parameter.rows, found[k]!, { engine, share: 0.5 }));
      expect(got).toBeInstanceOf(Float32Array);
      expect(got.length).toBe(criterion.scores === 'units' ? parameter.rows : parameter.length);
      expect(got.some(Number.isNaN)).toBe(false);
    }
    model.dispose();
  });
});
