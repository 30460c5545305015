/** What the experiments on LeNet-5 share: trained networks, kept in files, and what a run measures. */
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createModel, loadModel, type Sequential } from '../../src/index.js';
import { takeSnapshot } from '../../src/train/trainable.js';
import { type Training, trainFor } from './base.js';
import type { Outcome } from './ledger.js';
import { digestOf, errorOf, keptIn, mnist } from './lenet.js';
import { FOLDER } from './runner.js';

/** Weights of LeNet-5 in its Caffe form, without biases. */
export const LENET5_WEIGHTS = 20 * 25 + 50 * 500 + 500 * 800 + 10 * 500;

/** Of the dense networks; chosen on validation with seed 101. */
export const lenet5Training = {
  optimizer: 'adamw',
  learningRate: 2e-3,
  weightDecay: 0.1,
  batch: 64,
  epochs: 10,
} as const satisfies Training;

/** The trained dense network of a seed. `survivors: 'rewind'` takes it back to its first weights. */
export async function trainedLenet5(seed: number): Promise<Sequential> {
  const model = await createModel('lenet5', { seed });
  model.rewindPoint = takeSnapshot(model);
  const file = join(FOLDER, 'base', `lenet5-${digestOf(lenet5Training)}`, `seed-${seed}.safetensors`);
  if (existsSync(file)) {
    const saved = await loadModel(file);
    model.setWeights(saved.getWeights());
    saved.dispose();
    return model;
  }
  await trainFor(model, lenet5Training);
  mkdirSync(dirname(file), { recursive: true });
  await model.save(file);
  model.clock.steps = 0; // as from the file
  model.clock.epochs = 0;
  model.states.reset();
  return model;
}

/** Tests a trained LeNet-5, and frees it. */
export async function lenet5Outcome(model: Sequential, figures?: Outcome['figures']): Promise<Outcome> {
  const { test, validation } = await mnist();
  const testError = await errorOf(model, test);
  const validationError = await errorOf(model, validation);
  const kept = keptIn(model);
  model.dispose();
  return { testError, validationError, kept, weights: LENET5_WEIGHTS, ...(figures && { figures }) };
}

/** Multiply-adds of one sample by weights that are not zero, layer by layer. */
export function multiplyAddsOf(model: Sequential): number {
  return model.layers.reduce((sum, { weight, outputShape: [, ...pixels] }) => {
    if (!weight) return sum;
    const all = weight.shape.reduce((product, d) => product * d, 1);
    return sum + Math.round(all * (1 - weight.sparsity)) * pixels.reduce((product, d) => product * d, 1);
  }, 0);
}
