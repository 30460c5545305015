/** What the experiments on LeNet-300-100 share: data, networks, errors. */
import { createHash } from 'node:crypto';
import { type Dataset, loadMnist, type Splits, syntheticDigits } from '../../datasets/index.js';
import { dense, dropout, relu, type Sequential, sequential } from '../../src/index.js';
import { canonical, type Outcome, type Plain } from './ledger.js';
import { isQuick } from './workplace.js';

let data: Promise<Splits> | undefined;

let tiny: Splits | undefined;

/** For smoke runs. */
function tinySplits(): Splits {
  if (tiny) return tiny;
  const held = syntheticDigits({ samples: 64 });
  tiny = { train: syntheticDigits({ samples: 256 }), validation: held, test: held };
  return tiny;
}

/** MNIST: 55,000 to train, 5,000 to choose by, 10,000 for the final test; read once. */
export async function mnist(): Promise<Splits> {
  if (isQuick()) return tinySplits();
  data ??= loadMnist();
  return data;
}

/** A new 784-300-100-10 network; `dropped` is the share of pixels that each training sample goes without. */
export function lenet(seed: number, dropped = 0): Promise<Sequential> {
  const layers = [dense(300), relu(), dense(100), relu(), dense(10)];
  return sequential({ inputShape: [784], seed }, dropped > 0 ? [dropout(dropped), ...layers] : layers);
}

/** Weights of the network, without biases. */
export const LENET_WEIGHTS = 784 * 300 + 300 * 100 + 100 * 10;

/** Share of wrong answers. */
export async function errorOf(model: Sequential, { images, labels }: Dataset): Promise<number> {
  return 1 - (await model.evaluate(images, labels)).accuracy;
}

/** Weights that are not pruned, without biases. */
export function keptIn(model: Sequential): number {
  return model.layers.reduce((sum, { weight }) => {
    const all = weight ? weight.shape.reduce((product, d) => product * d, 1) : 0;
    return sum + Math.round(all * (1 - (weight?.sparsity ?? 0)));
  }, 0);
}

/** Tests a trained model that had so many weights, and frees it. */
export async function outcomeOf(
  model: Sequential,
  figures?: Outcome['figures'],
  weights = LENET_WEIGHTS,
): Promise<Outcome> {
  const { test, validation } = await mnist();
  const testError = await errorOf(model, test);
  const validationError = await errorOf(model, validation);
  const kept = keptIn(model);
  model.dispose();
  return { testError, validationError, kept, weights, ...(figures && { figures }) };
}

/** Eight digits that stand for a recipe, for names of files. */
export function digestOf(recipe: Plain): string {
  return createHash('sha256').update(canonical(recipe)).digest('hex').slice(0, 8);
}
