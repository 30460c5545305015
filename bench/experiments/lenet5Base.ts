/** What the experiments on LeNet-5 share: trained networks, kept in files, and what a run measures. */
import { createModel, type Sequential } from '../../src/index.js';
import { type Training, trainFor } from './base.js';
import type { Outcome } from './ledger.js';
import { digestOf, outcomeOf } from './lenet.js';
import { trainedFile, trainedOnce } from './trainedOnce.js';

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
  const file = trainedFile(`lenet5-${digestOf(lenet5Training)}`, seed);
  return trainedOnce(await createModel('lenet5', { seed }), file, (model) => trainFor(model, lenet5Training));
}

/** Tests a trained LeNet-5, and frees it. */
export const lenet5Outcome = (model: Sequential, figures?: Outcome['figures']): Promise<Outcome> =>
  outcomeOf(model, figures, LENET5_WEIGHTS);

/** Multiply-adds of one sample by weights that are not zero, layer by layer. */
export function multiplyAddsOf(model: Sequential): number {
  return model.layers.reduce((sum, { weight, outputShape: [, ...pixels] }) => {
    if (!weight) return sum;
    const all = weight.shape.reduce((product, d) => product * d, 1);
    return sum + Math.round(all * (1 - weight.sparsity)) * pixels.reduce((product, d) => product * d, 1);
  }, 0);
}
