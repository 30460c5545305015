/** Networks that train, as cases to time. */
import { type Dataset, loadMnist, syntheticDigits } from '../../datasets/index.js';
import {
  adam,
  dense,
  relu,
  type Sequential,
  type SequentialOptions,
  type StorageChoice,
  sequential,
} from '../../src/index.js';
import type { Case } from '../interleave.js';

export const BATCH = 64;
const BATCHES = 256;

/** Widths of a network, input first. */
export type Widths = readonly [number, number, ...number[]];

export const networks: Readonly<Record<string, Widths>> = {
  'LeNet-300-100': [784, 300, 100, 10],
  '784-1024-1024-10': [784, 1024, 1024, 10],
};

/** Batches that are staged anew at every step. */
export type Batches = readonly { readonly x: Float32Array; readonly y: Int32Array }[];

/** Cuts a set into batches, in a fixed scattered order. */
function batchesOf({ images, labels }: Dataset): Batches {
  return Array.from({ length: BATCHES }, (_, b) => {
    const x = new Float32Array(BATCH * 784);
    const y = new Int32Array(BATCH);
    for (let i = 0; i < BATCH; i++) {
      const sample = ((b * BATCH + i) * 7919) % labels.length;
      x.set(images.subarray(sample * 784, (sample + 1) * 784), i * 784);
      y[i] = labels[sample]!;
    }
    return { x, y };
  });
}

/** Digits on a noisy ground: no pixel is zero, and there is as much to learn. */
function noisy(batches: Batches): Batches {
  const pixels = BATCH * 784;
  const ground = (at: number) => 0.01 + 0.1 * ((Math.imul(at, 2654435761) >>> 0) / 2 ** 32);
  return batches.map(({ x, y }, b) => ({
    x: x.map((value, i) => Math.max(value, ground(b * pixels + i))),
    y,
  }));
}

/** Batches of MNIST (of a synthetic set with `synthetic`), and others whose inputs have no zeros. */
export async function loadBatches(synthetic: boolean): Promise<{ digits: Batches; noise: Batches }> {
  const data = synthetic ? syntheticDigits({ samples: 20_000 }) : (await loadMnist()).train;
  const digits = batchesOf(data);
  return { digits, noise: noisy(digits) };
}

/** Layers with ReLU between them. */
export function build(widths: Widths, options: Omit<SequentialOptions, 'inputShape'>): Promise<Sequential> {
  const layers = widths.slice(1).flatMap((width, i) => (i === 0 ? [dense(width)] : [relu(), dense(width)]));
  return sequential({ inputShape: [widths[0]], seed: 1, ...options }, layers);
}

/** Every layer with that share of random zeros, in the given storage. */
export function buildSparse(widths: Widths, sparsity: number, storage: StorageChoice): Promise<Sequential> {
  return build(widths, sparsity === 0 ? { storage } : { sparsity, distribution: 'uniform', storage });
}

/** Operations of one step of a dense network: three products, but no input gradient for the first layer. */
export function operationsOf(widths: Widths): number {
  const products = widths.slice(1).map((width, i) => width * widths[i]!);
  return 2 * BATCH * products.reduce((sum, size, i) => sum + size * (i === 0 ? 2 : 3), 0);
}

/** Adam, one batch a step, copied in. */
export function trainingCase(name: string, model: Sequential, batches: Batches): Case {
  const optimizer = adam({ learningRate: 1e-3 });
  let next = 0;
  return {
    name,
    run(times) {
      for (let i = 0; i < times; i++) {
        const { x, y } = batches[next++ % batches.length]!;
        model.trainOnBatch(x, y, { optimizer });
      }
    },
  };
}
