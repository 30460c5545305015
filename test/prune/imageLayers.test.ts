import { describe, expect, test } from 'vitest';
import {
  batchNorm,
  conv2d,
  dense,
  flatten,
  maskOverlap,
  nm,
  OptionError,
  prune,
  relu,
  type Sequential,
  sequential,
} from '../../src/index.js';
import { type CriterionName, criteria } from '../../src/prune/criteria/index.js';
import { fingerprint, values } from '../model/support.js';
import { INPUT_SHAPE, imageModel, imagesOf, networks } from './imageSupport.js';

const data = imagesOf(40);
const names = Object.keys(networks);
const ofWeights = (Object.keys(criteria) as CriterionName[]).filter(
  (name) => criteria[name]().scores !== 'units',
);

const weightsOf = (model: Sequential) => model.parameters.filter(({ prunable }) => prunable);
const masksOf = (model: Sequential) => weightsOf(model).map((weight) => weight.readMask());
const _liveOf = (model: Sequential) => weightsOf(model).reduce((sum, { live }) => sum + live, 0);
const _totalOf = (model: Sequential) => weightsOf(model).reduce((sum, { length }) => sum + length, 0);

test('storage in blocks asks for blocks of dense layers alone', async () => {
  const layers = [conv2d(6, 3), relu(), flatten(), dense(4)];
  const model = await sequential({ inputShape: INPUT_SHAPE, seed: 2, storage: 'block2' }, layers);
  await prune(model, { sparsity: 0.5, layers: ['conv2d1'] });
  expect(model.parameters[0]!.live).toBe(54);
  await expect(prune(model, { sparsity: 0.5, layers: ['dense1'] })).rejects.toThrow(
    /blocks of 2 weights of dense1/,
  );
  model.dispose();
});

describe('N:M pruning of convolutions', () => {
  test('leaves two of every four along the columns, and tells which layer does not divide', async () => {
    const layers = [conv2d(6, 2), relu(), conv2d(3, 2, { bias: false }), flatten(), dense(4)];
    const model = await sequential({ inputShape: INPUT_SHAPE, seed: 2 }, layers);
    await prune(model, { structure: nm(2, 4) });
    for (const weight of weightsOf(model)) {
      const mask = weight.readMask()!;
      for (let first = 0; first < mask.length; first += 4) {
        expect(mask.slice(first, first + 4).reduce((sum, kept) => sum + kept, 0)).toBe(2);
      }
    }
    model.dispose();
    const odd = await imageModel(names[0]!, { sparsity: 0 });
    const before = fingerprint(odd);
    await expect(prune(odd, { structure: nm(2, 4) })).rejects.toThrow(OptionError);
    await expect(prune(odd, { structure: nm(2, 4) })).rejects.toThrow(/conv2d1\.weight.*got 18/);
    expect(fingerprint(odd)).toBe(before);
    odd.dispose();
  });
});

type M = Uint8Array[];

describe('a convolution of one window', () => {
  const shape = [3, 4, 5];
  const images = values(60 * 40, 8);
  const own = { images, labels: data.labels };
  /** The same network twice: the first layer as a convolution over the whole image, and as a dense layer. */
  const twins = async (bias: boolean) => {
    const convolution = [conv2d(9, [4, 5], { bias }), relu(), flatten(), dense(4)];
    const plain = [flatten(), dense(9, { bias }), relu(), dense(4)];
    const models = [
      await sequential({ inputShape: shape }, convolution),
      await sequential({ inputShape: shape }, plain),
    ] as const;
    const weights = models[1].parameters.map(({ length }, i) => values(length, i + 3, 0.5));
    for (const model of models) model.setWeights(weights);
    return models;
  };

  // Random numbers depend on the name of a layer.
  test.each(ofWeights.filter((name) => name !== 'random'))(
    'is pruned by %s as the dense layer that it is',
    async (criterion) => {
      for (const bias of [true, false]) {
        const [a, b] = await twins(bias);
        for (const model of [a, b])
          await prune(model, { criterion, sparsity: 0.5, data: own, batchSize: 13 });
        const [left, right] = [masksOf(a), masksOf(b)].map((masks) => masks.map((mask) => mask!)) as [M, M];
        const { total } = maskOverlap(left, right);
        expect(total.both).toBeGreaterThanOrEqual(total.a - 1); // rounding may swap two near ties
        a.getWeights().forEach((w, p) => {
          const other = b.getWeights()[p]!;
          const far = w.filter((v, i) => Math.abs(v - other[i]!) > 1e-4).length;
          expect(far).toBeLessThanOrEqual(2);
        });
        a.dispose();
        b.dispose();
      }
    },
  );
});

describe('groups of a convolution', () => {
  test('are scored and solved as convolutions of their own', async () => {
    const images = values(4 * 25 * 30, 3);
    const labels = Float32Array.from(values(6 * 9 * 30, 4));
    const build = async (channels: number, layer: ReturnType<typeof conv2d>, weights: Float32Array[]) => {
      const model = await sequential({ inputShape: [channels, 5, 5] }, [layer, flatten()]);
      model.setWeights(weights);
      return model;
    };
    const [w, b] = [values(6 * 2 * 9, 1), values(6, 2)];
    for (const criterion of ['wanda', 'obs', 'sparsegpt'] as const) {
      const options = { criterion, allocation: 'rows', sparsity: 0.5, survivors: 'reconstruct' } as const;
      const whole = await build(4, conv2d(6, 3, { groups: 2 }), [w, b]);
      await prune(whole, { ...options, data: { images, labels } });
      const got = whole.getWeights();
      for (const half of [0, 1]) {
        const part = Float32Array.from({ length: 2 * 25 * 30 }, (_, i) => {
          const [sample, at] = [Math.floor(i / 50), i % 50];
          return images[sample * 100 + half * 50 + at]!;
        });
        const [own, bias] = [w.slice(half * 54, (half + 1) * 54), b.slice(half * 3, (half + 1) * 3)];
        const alone = await build(2, conv2d(3, 3), [own, bias]);
        const targets = labels.slice(0, 3 * 9 * 30);
        await prune(alone, { ...options, data: { images: part, labels: targets } });
        const [values, shifts] = alone.getWeights();
        expect([...got[0]!.slice(half * 54, (half + 1) * 54)]).toEqual([...values!]);
        expect([...got[1]!.slice(half * 3, (half + 1) * 3)]).toEqual([...shifts!]);
        alone.dispose();
      }
      whole.dispose();
    }
  });
});

test('reconstruction brings the outputs of a pruned convolution closer to what they were', async () => {
  const outputs = async (survivors: 'trained' | 'reconstruct' | null) => {
    const model = await sequential({ inputShape: INPUT_SHAPE, seed: 4 }, [
      conv2d(6, 3, { padding: 1 }),
      batchNorm(),
      relu(),
      conv2d(5, 3, { groups: 1 }),
      flatten(),
    ]);
    if (survivors) {
      const targets = new Float32Array(40 * 5 * 5 * 4);
      await prune(model, { sparsity: 0.6, survivors, data: { images: data.images, labels: targets } });
    }
    const y = model.predict(data.images);
    model.dispose();
    return y;
  };
  const [whole, cut, solved] = [await outputs(null), await outputs('trained'), await outputs('reconstruct')];
  const distance = (a: Float32Array) => a.reduce((sum, v, i) => sum + (v - whole[i]!) ** 2, 0);
  expect(distance(solved)).toBeLessThan(0.8 * distance(cut));
});
