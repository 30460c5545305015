import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { syntheticDigits } from '../../datasets/index.js';
import {
  AbortedError,
  adam,
  type Criterion,
  DataError,
  DisposedError,
  dense,
  loadModel,
  OptionError,
  prune,
  relu,
  type Sequential,
  ShapeError,
  sensitivity,
  sequential,
} from '../../src/index.js';
import { fingerprint } from '../model/support.js';

const { images, labels } = syntheticDigits({ samples: 300, shape: [64], seed: 2 });
const data = { images, labels };

async function trained(storage: 'dense' | 'sparse' = 'dense'): Promise<Sequential> {
  const model = await sequential({ inputShape: [64], seed: 6, storage }, [dense(24), relu(), dense(10)]);
  await model.fit(images, labels, { epochs: 4, batchSize: 32, optimizer });
  return model;
}

const optimizer = adam({ learningRate: 0.01 });

/** Weights, masks, formats, moments, clock and the place to rewind to. */
function state(model: Sequential) {
  const { clock, states, parameters, rewindPoint } = model;
  const formats = parameters.map(({ format, live }) => `${format} ${live}`);
  const { step } = states.of(optimizer);
  return {
    values: fingerprint(model),
    formats,
    clock: { ...clock },
    step,
    moments: states.of(optimizer).readDense(),
    rewindPoint,
  };
}

describe('sensitivity', () => {
  let model: Sequential;

  beforeAll(async () => {
    model = await trained();
  });
  afterAll(() => model.dispose());

  test('gives what pruning that layer alone gives', async () => {
    const sparsities = [0.95, 0.3, 0.8, 0.3];
    const found = await sensitivity(model, data, { sparsities });
    expect(found.base).toEqual(await model.evaluate(images, labels));
    expect(found.samples).toBe(300);
    expect(found.layers.map(({ name, weights, sparsity }) => [name, weights, sparsity])).toEqual([
      ['dense1', 1536, 0],
      ['dense2', 240, 0],
    ]);
    for (const { name, points } of found.layers) {
      expect(points.map(({ sparsity }) => sparsity)).toEqual([0.3, 0.8, 0.95]);
      for (const { sparsity, ...metrics } of points) {
        const copy = await loadModel(model.encode());
        await prune(copy, { sparsity, layers: [name] });
        expect(metrics).toEqual(await copy.evaluate(images, labels));
        copy.dispose();
      }
    }
    expect(found.layers[0]!.points.at(-1)!.loss).toBeGreaterThan(found.base.loss);
  });

  test('uses the default sparsities, and prints them', async () => {
    const found = await sensitivity(model, data, { samples: 50 });
    expect(found.layers[1]!.points.map(({ sparsity }) => sparsity)).toEqual([
      0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99,
    ]);
    const [title, head, first] = found.toString().split('\n');
    expect(title).toMatch(/^accuracy with one layer pruned and all others as they are: \d+\.\d\d %$/);
    expect(head!.split(/ {2,}/)).toEqual(['layer', '50 %', '70 %', '80 %', '90 %', '95 %', '98 %', '99 %']);
    expect(first).toMatch(/^dense1( +\d+\.\d\d %){7}$/);
  });

  test('takes any criterion that scores weights, with its data', async () => {
    const options = { sparsities: [0.7], layers: ['dense1'] };
    const accuracy = async (criterion: 'random' | 'taylor' | 'wanda' | Criterion) =>
      (await sensitivity(model, data, { ...options, criterion })).layers[0]!.points[0]!.accuracy;
    const upside: Criterion = ({ weight }) => weight.map((value) => -Math.abs(value));
    const copy = await loadModel(model.encode());
    await prune(copy, { sparsity: 0.7, layers: ['dense1'], criterion: 'taylor', data });
    expect(await accuracy('taylor')).toBe((await copy.evaluate(images, labels)).accuracy);
    copy.dispose();
    expect(await accuracy('taylor')).toBeGreaterThan(await accuracy('random'));
    expect(await accuracy('wanda')).toBeGreaterThan(await accuracy(upside));
    await expect(sensitivity(model, data, { ...options, criterion: 'apoz' })).rejects.toThrow(OptionError);
  });

  test('leaves everything exactly as it was', async () => {
    for (const storage of ['dense', 'sparse'] as const) {
      const own = await trained(storage);
      await prune(own, { sparsity: 0.5 });
      const before = state(own);
      await sensitivity(own, data, { sparsities: [0.6, 1] });
      expect(state(own)).toEqual(before);
      const stops: Criterion = ({ name, weight }) => {
        if (name === 'dense2.weight') throw new Error('no');
        return weight.map(Math.abs);
      };
      await expect(sensitivity(own, data, { criterion: stops })).rejects.toThrow('no');
      const controller = new AbortController();
      const onProgress = () => controller.abort();
      const aborted = sensitivity(own, data, { onProgress, signal: controller.signal });
      await expect(aborted).rejects.toThrow(AbortedError);
      await expect(aborted).rejects.toMatchObject({ cause: controller.signal.reason });
      expect(state(own)).toEqual(before);
      own.dispose();
    }
  });

  test('gives back its memory', async () => {
    const { memory } = model.engine;
    await sensitivity(model, data, { sparsities: [0.5], samples: 10 });
    const before = memory.liveBytes;
    await sensitivity(model, data, { sparsities: [0.5], samples: 10 });
    expect(memory.liveBytes).toBe(before);
  });

  test('leaves out sparsities below what a layer has, and is the same in every storage', async () => {
    const found = [];
    for (const storage of ['dense', 'sparse'] as const) {
      const own = await trained(storage);
      await prune(own, { sparsity: 0.9, layers: ['dense1'] });
      expect(own.layers[0]!.weight!.storage).toBe(storage === 'dense' ? 'dense' : 'csr');
      found.push(await sensitivity(own, data, { sparsities: [0.5, 0.9, 0.95, 1] }));
      own.dispose();
    }
    const [first, second] = found[0]!.layers;
    expect(first!.points.map(({ sparsity }) => sparsity)).toEqual([0.9, 0.95, 1]);
    expect(first!.points[0]).toMatchObject(found[0]!.base);
    expect(second!.points).toHaveLength(4);
    expect(JSON.stringify(found[0])).toBe(JSON.stringify(found[1]));
    expect(found[0]!.toString().split('\n')[2]).toMatch(/^dense1 +- /);
  });

  test('reports progress up to its end', async () => {
    const seen: { done: number; total: number }[] = [];
    await sensitivity(model, data, {
      sparsities: [0.5, 0.6],
      samples: 20,
      onProgress: (one) => seen.push(one),
    });
    const evaluated = seen.filter((one) => (one as { phase?: string }).phase === 'evaluating');
    expect(evaluated.map(({ done }) => done)).toEqual([1, 2, 3, 4, 5]);
    expect(evaluated.at(-1)).toMatchObject({ done: 5, total: 5 });
  });

  test('measures the loss where there are no labels', async () => {
    const own = await sequential({ inputShape: [3], seed: 1 }, [dense(4), relu(), dense(2)]);
    const floats = { images: Float32Array.of(1, 2, 3, -1, 0, 1), labels: Float32Array.of(1, 0, 0, 1) };
    const found = await sensitivity(own, floats, { sparsities: [0.5] });
    expect(found.base.accuracy).toBeNaN();
    expect(found.toString()).toMatch(/^loss with one layer pruned/);
    own.dispose();
  });

  test('refuses what does not fit', async () => {
    const bad = (options: object, given: unknown = data) =>
      expect(sensitivity(model, given as typeof data, options)).rejects;
    await bad({ sparsity: 0.5 }).toThrow(/option must be one of sparsities, criterion/);
    await bad({ sparsities: [] }).toThrow(OptionError);
    await bad({ sparsities: [1.2] }).toThrow(/each of sparsities must be in \[0, 1\], got 1.2/);
    await bad({ sparsities: 0.5 }).toThrow(OptionError);
    await bad({ layers: ['dense3'] }).toThrow(/each of layers must be one of dense1, dense2/);
    await bad({ layers: [] }).toThrow(OptionError);
    await bad({ samples: 301 }).toThrow(/samples must be at most 300/);
    await bad({ criterion: 'magic' }).toThrow(OptionError);
    await bad({}, null).toThrow(OptionError);
    await bad({}, { images, labels: labels.subarray(1) }).toThrow(ShapeError);
    await bad({}, { images, labels: labels.map(() => 10) }).toThrow(DataError);
    await expect(sensitivity({} as never, data)).rejects.toThrow(OptionError);
    const gone = await sequential({ inputShape: [64], seed: 1 }, [dense(10)]);
    gone.dispose();
    await expect(sensitivity(gone, data)).rejects.toThrow(DisposedError);
  });
});
