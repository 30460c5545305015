import { describe, expect, test } from 'vitest';
import {
  conv2d,
  dense,
  flatten,
  grasp,
  type LayerSpec,
  leakyRelu,
  maxPool2d,
  prune,
  relu,
  type StorageChoice,
  sequential,
} from '../../src/index.js';
import { values } from '../model/support.js';
import { maxAbs } from '../support/tolerance.js';
import { hessianGradientTwin } from './hessianTwin.js';
import { gathered, prunedModel } from './support.js';

/** As many samples of every class, all of which are chosen. */
const dataOf = (size: number, classes: number, each: number) => ({
  images: values(size * classes * each, 5),
  labels: Uint8Array.from({ length: classes * each }, (_, i) => (i * 3) % classes),
});

const networks: Readonly<Record<string, readonly LayerSpec[]>> = {
  'a rectified one': [dense(40), relu(), dense(30), relu(), dense(30), relu(), dense(4)],
  'a leaky one': [dense(40), leakyRelu({ slope: 0.2 }), dense(30, { bias: false }), leakyRelu(), dense(4)],
  'convolutions and maxima': [
    conv2d(5, 3),
    maxPool2d(2, { stride: 1 }),
    relu(),
    conv2d(6, 3, { padding: 1 }),
    relu(),
    maxPool2d(2),
    flatten(),
    dense(9),
    relu(),
    dense(4),
  ],
};

describe('the Hessian times the gradient', () => {
  test.each(Object.keys(networks))('is that of float64 with fixed gates: %s', async (name) => {
    const images = name.startsWith('conv');
    const inputShape = images ? [2, 8, 7] : [11];
    const data = dataOf(images ? 112 : 11, 4, 15);
    const model = await sequential({ inputShape, seed: 3 }, networks[name]!);
    const found = await gathered(['gradientProduct'], model, { data, batchSize: 16 });
    const twin = hessianGradientTwin(model, data.images, data.labels);
    const prunable = twin.filter((_, p) => model.parameters[p]!.prunable);
    prunable.forEach((exact, k) => {
      const got = found[k]!.gradientProduct!;
      const worst = Math.max(...got.map((value, i) => Math.abs(value - exact[i]!)));
      expect(worst / maxAbs(exact), `weight ${k}`).toBeLessThan(1e-3);
    });
    model.dispose();
  });

  test.each(['dense', 'csr', 'block2'] as StorageChoice[])(
    'with fixed gates, stored as %s',
    async (storage) => {
      const model = await prunedModel([7, 16, 12, 4], [relu()], { storage, height: 2 });
      const data = dataOf(7, 4, 9);
      const found = await gathered(['gradientProduct'], model, { data, batchSize: 16 });
      const twin = hessianGradientTwin(model, data.images, data.labels);
      twin
        .filter((_, p) => model.parameters[p]!.prunable)
        .forEach((exact, k) => {
          const got = found[k]!.gradientProduct!;
          const worst = Math.max(...got.map((value, i) => Math.abs(value - exact[i]!)));
          expect(worst / maxAbs(exact), `weight ${k}`).toBeLessThan(1e-3);
        });
      model.dispose();
    },
  );

  test('gives grasp() the mask of float64, but for a few weights in a thousand', async () => {
    const data = dataOf(20, 5, 20);
    const layers = [dense(60), relu(), dense(40), relu(), dense(5)];
    const model = await sequential({ inputShape: [20], seed: 1 }, layers);
    const twin = hessianGradientTwin(model, data.images, data.labels);
    const weights = model.getWeights();
    const scores = twin.flatMap((product, p) =>
      model.parameters[p]!.prunable ? Array.from(product, (value, i) => value * weights[p]![i]!) : [],
    );
    const order = scores.map((_, i) => i).sort((a, b) => scores[b]! - scores[a]!);
    await prune(model, { sparsity: 0.8, criterion: grasp(), data });
    const live = model.parameters.flatMap((parameter) =>
      parameter.prunable ? Array.from(parameter.readMask()!) : [],
    );
    const kept = live.reduce((sum, bit) => sum + bit, 0);
    const common = order.slice(0, kept).filter((at) => live[at] === 1).length;
    expect(common / kept).toBeGreaterThan(0.997);
    model.dispose();
  });
});
