/** Which choices of kernels give the same bits as each other, and as predict(): what README says of it, no more. */
import { expect, test } from 'vitest';
import { batchNorm, createSession, dense, type Sequential, sequential, sigmoid } from '../../src/index.js';
import type { KernelChoice } from '../../src/session/planner.js';
import { sizeOf } from '../../src/tensor/shape.js';
import { sparse, values } from '../model/support.js';
import { imageModel, imageNetworks } from './imageNetworks.js';

const SAMPLES = 40;
const x = values(SAMPLES * 6, 3);

async function outputs(model: Sequential, kernels: KernelChoice, batch: number): Promise<Float32Array> {
  const session = await createSession(model, { kernels, batch });
  const y = session.run(x);
  session.dispose();
  return y;
}

/** Results of every choice but 'dense', which must all be the same. */
async function others(model: Sequential): Promise<Float32Array> {
  const auto = await outputs(model, 'auto', 32);
  for (const kernels of ['auto', 'columns', 'csr', 'block2', 'block4', 'block8', 'nm'] as const) {
    for (const batch of [1, 8, 32]) {
      expect(await outputs(model, kernels, batch), `${kernels} ${batch}`).toEqual(auto);
    }
  }
  return auto;
}

const furthest = (a: Float32Array, b: Float32Array) =>
  a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);

/** A hidden unit without weights, of that bias. */
async function withConstant(bias: number): Promise<Sequential> {
  const model = await sequential({ inputShape: [6], seed: 2 }, [dense(9), sigmoid(), dense(9), dense(5)]);
  const weights = model.getWeights();
  weights[0]!.fill(0, 4 * 6, 5 * 6);
  weights[1]![4] = bias;
  model.setWeights(weights);
  return model;
}

test('a folded constant other than 0 moves its term: dense kernels and predict() differ within rounding', async () => {
  const model = await withConstant(0);
  const auto = await others(model);
  const predicted = model.predict(x);
  for (const batch of [1, 32]) expect(await outputs(model, 'dense', batch)).toEqual(predicted);
  expect(furthest(auto, predicted)).toBeGreaterThan(0);
  expect(furthest(auto, predicted)).toBeLessThan(1e-6);
  model.dispose();
});

test('a folded constant of 0 changes no bit', async () => {
  const model = await withConstant(-200); // sigmoid(-200) is 0 in float32
  expect(await others(model)).toEqual(model.predict(x));
  expect(await outputs(model, 'dense', 32)).toEqual(model.predict(x));
  model.dispose();
});

test('behind a folded batch normalization all choices agree, and predict() differs within rounding', async () => {
  const model = await sequential({ inputShape: [6], seed: 2 }, [dense(9), batchNorm(), dense(5)]);
  model.setWeights(
    model
      .getWeights()
      .map((array, i) =>
        array.length > 9 ? sparse(array, 0.4, i) : array.map((v, j) => v + 0.1 + j * 0.07),
      ),
  );
  const auto = await others(model);
  expect(await outputs(model, 'dense', 1)).toEqual(auto);
  expect(await outputs(model, 'dense', 32)).toEqual(auto);
  const predicted = model.predict(x);
  expect(furthest(auto, predicted)).toBeGreaterThan(0);
  expect(furthest(auto, predicted)).toBeLessThan(1e-5);
  model.dispose();
});

test.each(Object.keys(imageNetworks).filter((name) => !name.includes('batch normalization')))(
  'predict() and sessions of %s give the same bits, where no constant is folded',
  async (name) => {
    const model = await imageModel(name, 0.5);
    const images = values(sizeOf(model.graph.inputShape) * 9, 8);
    const predicted = model.predict(images);
    for (const kernels of ['dense', 'csr', 'auto'] as const) {
      const session = await createSession(model, { batch: 9, kernels });
      expect(session.explain()).not.toContain('constant');
      expect(session.run(images), kernels).toEqual(predicted);
      session.dispose();
    }
    model.dispose();
  },
);
