import { describe, expect, test } from 'vitest';
import { syntheticDigits } from '../../datasets/index.js';
import {
  type ArchitectureName,
  adam,
  batchNorm,
  conv2d,
  createModel,
  createSession,
  DataError,
  dense,
  flatten,
  loadModel,
  maxPool2d,
  prune,
  relu,
  residual,
  type Sequential,
  sequential,
  sgd,
} from '../../src/index.js';
import { fingerprint, values } from '../model/support.js';

const digits = syntheticDigits({ samples: 320, shape: [1, 28, 28], seed: 4 });
const few = { images: digits.images.subarray(0, 64 * 784), labels: digits.labels.subarray(0, 64) };

const small = (seed = 2): Promise<Sequential> =>
  sequential({ inputShape: [1, 28, 28], seed }, [
    conv2d(4, 5, { stride: 2 }),
    batchNorm(),
    relu(),
    residual([conv2d(4, 3, { padding: 1 }), batchNorm(), relu()]),
    maxPool2d(2),
    flatten(),
    dense(16),
    relu(),
    dense(10),
  ]);

/** Largest difference between what a session and predict() give, as a share of the largest output. */
async function sessionError(model: Sequential): Promise<number> {
  const session = await createSession(model, { batch: 32 });
  const ours = session.run(few.images);
  const theirs = model.predict(few.images);
  const most = theirs.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  session.dispose();
  return theirs.reduce((a, b, i) => Math.max(a, Math.abs(b - ours[i]!)), 0) / most;
}

test('LeNet-5 learns synthetic digits', { timeout: 60_000 }, async () => {
  const model = await createModel('lenet5', { seed: 1 });
  const optimizer = adam({ learningRate: 2e-3 });
  await model.fit(digits.images, digits.labels, { optimizer, epochs: 4, batchSize: 32 });
  expect((await model.evaluate(digits.images, digits.labels)).accuracy).toBeGreaterThan(0.9);
  expect(await sessionError(model)).toBeLessThan(1e-5);
  model.dispose();
});

test.each(['residual', 'depthwise'] as const)(
  'the network %s learns a few digits',
  { timeout: 120_000 },
  async (name) => {
    const model = await createModel(name as ArchitectureName, { seed: 1 });
    const optimizer = adam({ learningRate: 5e-3 });
    const { loss } = await model.fit(few.images, few.labels, { optimizer, epochs: 8, batchSize: 32 });
    expect(loss.at(-1)!).toBeLessThan(loss[0]! / 2);
    expect(await sessionError(model)).toBeLessThan(1e-5);
    model.dispose();
  },
);

test('LeNet-5 has 431,080 parameters, and takes 2,293,000 multiply-adds a sample', async () => {
  const model = await createModel('lenet5');
  expect(model.summary().parameters).toBe(431_080);
  const session = await createSession(model, { batch: 1 });
  expect(session.layers.reduce((sum, layer) => sum + layer.denseMultiplyAdds, 0)).toBe(2_293_000);
  session.dispose();
  model.dispose();
});

test('the same seed gives the same bits, and a loaded model goes on as the saved one', async () => {
  const options = { epochs: 1, batchSize: 24, optimizer: sgd({ learningRate: 0.05, momentum: 0.9 }) };
  const prints: string[] = [];
  for (let i = 0; i < 2; i++) {
    const model = await small();
    await model.fit(few.images, few.labels, {
      ...options,
      optimizer: sgd({ learningRate: 0.05, momentum: 0.9 }),
    });
    prints.push(fingerprint(model));
    const loaded = await loadModel(model.encode());
    expect(fingerprint(loaded)).toBe(prints[i]);
    const x = few.images.subarray(0, 7 * 784);
    expect(loaded.predict(x)).toEqual(model.predict(x));
    loaded.dispose();
    model.dispose();
  }
  expect(prints[0]).toBe(prints[1]);
});

test('trains alike in dense and in sparse storage', async () => {
  const weights: Float32Array[][] = [];
  for (const storage of ['dense', 'csr'] as const) {
    const model = await small();
    await prune(model, { sparsity: 0.8 });
    model.setStorage(storage);
    const stored = model.layers.flatMap(({ weight }) => weight?.storage ?? []);
    expect(stored).toEqual([storage, storage, storage, storage]);
    const optimizer = sgd({ learningRate: 0.1 });
    for (let step = 0; step < 3; step++) model.trainOnBatch(few.images, few.labels, { optimizer });
    weights.push(model.getWeights());
    model.dispose();
  }
  weights[0]!.forEach((array, i) => {
    const off = array.reduce((worst, value, k) => Math.max(worst, Math.abs(value - weights[1]![i]![k]!)), 0);
    expect(off).toBeLessThan(1e-4);
  });
});

describe('batch normalization', () => {
  test('moves its running statistics to those of the batch, the variance unbiased', async () => {
    const model = await sequential({ inputShape: [2, 3, 3], seed: 1 }, [
      batchNorm({ momentum: 1 }),
      flatten(),
      dense(2),
    ]);
    const samples = 11;
    const x = values(samples * 18, 3, 2);
    model.trainOnBatch(x, new Uint8Array(samples), { optimizer: sgd({ learningRate: 0.1 }) });
    const { mean, variance } = model.layers[0]!;
    for (let c = 0; c < 2; c++) {
      const of = Array.from({ length: samples }, (_, s) => [
        ...x.subarray(s * 18 + c * 9, s * 18 + c * 9 + 9),
      ]).flat();
      const average = of.reduce((a, b) => a + b, 0) / of.length;
      const unbiased = of.reduce((a, b) => a + (b - average) ** 2, 0) / (of.length - 1);
      expect(mean![c]).toBeCloseTo(average, 5);
      expect(variance![c]).toBeCloseTo(unbiased, 4);
    }
    model.dispose();
  });

  test('has four parameters, of which two are trained, and refuses a negative variance', async () => {
    const model = await small();
    const { scale, bias, mean, variance, weight } = model.layers[1]!;
    expect([scale, bias, mean, variance].map((array) => array!.length)).toEqual([4, 4, 4, 4]);
    expect(weight).toBeUndefined();
    const weights = model.getWeights();
    weights[5]![2] = -1; // conv weight, conv bias, scale, bias, mean, variance
    expect(() => model.setWeights(weights)).toThrow(DataError);
    expect(() => model.setWeights(weights)).toThrow(/batchNorm1\.variance must not be negative, got -1/);
    model.dispose();
  });

  test('is folded into the weight before it in a session, and into nothing else', async () => {
    const model = await small();
    await model.fit(few.images, few.labels, { epochs: 1, batchSize: 16 });
    const session = await createSession(model, { batch: 8 });
    const why = (name: string) => session.layers.find((layer) => layer.name === name)!.why;
    expect(why('batchNorm1')).toBe('folded into the weight before it');
    expect(why('relu1')).toBe('fused into what is before it');
    expect(why('fork1')).toBe('no copy is needed');
    expect(session.explain()).toContain('4 x 1 x 5 x 5');
    session.dispose();
    model.dispose();
  });
});

test('a session tells the multiply-adds of every input, and measures when asked to', async () => {
  const model = await sequential({ inputShape: [1, 6, 6], seed: 1 }, [
    conv2d(3, 3),
    relu(),
    flatten(),
    dense(2),
  ]);
  const x = values(36 * 2, 5).map(Math.abs);
  const session = await createSession(model, { batch: 2 });
  const { multiplyAdds } = session.profile(x);
  expect(multiplyAdds.dense).toBe(3 * 9 * 16 + 2 * 48);
  expect(multiplyAdds.live).toBe(multiplyAdds.dense);
  expect(multiplyAdds.max).toBeGreaterThanOrEqual(3 * 9 * 16);
  const measured = await createSession(model, { batch: 2, measure: true });
  expect(measured.run(x)).toEqual(session.run(x));
  expect(measured.layers[0]!.micros).toBeGreaterThan(0);
  measured.dispose();
  session.dispose();
  model.dispose();
});
