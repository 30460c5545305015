/** Convolutional networks in each peer against the float64 twin: inference, and training where it trains. */

import { toChannelsLast } from './channelsLast.mjs';
import {
  isPointwise,
  lenet5,
  outputShapeOf,
  paddedNetwork,
  pointwiseChain,
  sizeOf,
  withZeroWeights,
} from './convnet.mjs';
import { forwardConvnet } from './convReference.mjs';
import { convnetTrainer } from './convReferenceTraining.mjs';
import { uniform } from './reference.mjs';
import { convnetPeers, convnetTrainers, litertDense } from './registry.mjs';

const chain = pointwiseChain(1, { size: 12, width: 64, depth: 2 });
const NETWORKS = {
  'LeNet-5': lenet5(1),
  'LeNet-5, 90 % zeros': withZeroWeights(lenet5(1), 0.9, 2),
  'padded network': paddedNetwork(1),
  'chain of 1 x 1': chain,
  'chain of 1 x 1, 90 % zeros': withZeroWeights(chain, 0.9, 2, isPointwise),
};
const BATCHES = [1, 8, 32];
const TRAINING_BATCH = 16;
const STEPS = 8;

/** @typedef {import('./convnet.mjs').Convnet} Convnet */
/** @typedef {(row: { peer: string, check: string, value: number, limit: number }) => void} Report */

/**
 * Largest difference over all batch sizes, relative to the largest output; each runs twice in the same array, so that
 * an engine that kept the first content is found out.
 *
 * @param {typeof convnetPeers[number]} entry
 * @param {Convnet} network
 * @param {Float32Array} inputs of the largest batch
 * @param {Float64Array} expected
 */
async function worstError(entry, network, inputs, expected) {
  const [size, outputs] = [sizeOf(network.inputShape), sizeOf(outputShapeOf(network))];
  const scale = expected.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  let worst = 0;
  for (const n of BATCHES) {
    const peer = await entry.create(network, n);
    const values = inputs.subarray(0, n * size);
    const x = new Float32Array(n * size).fill(1);
    await peer.run(x, n);
    x.set(peer.channelsLast ? toChannelsLast(values, network.inputShape) : values);
    const y = await peer.run(x, n);
    if (!(y instanceof Float32Array) || y.length !== n * outputs) worst = Number.NaN;
    y.forEach((value, i) => {
      worst = Math.max(worst, Math.abs(value - expected[i]) / scale);
    });
    await peer.dispose();
  }
  return worst;
}

/** @param {Report} report */
export async function checkConvnets(report) {
  for (const [name, network] of Object.entries(NETWORKS)) {
    const n = Math.max(...BATCHES);
    const inputs = Float32Array.from({ length: n * sizeOf(network.inputShape) }, uniform(3));
    const expected = forwardConvnet(network, inputs, n);
    for (const entry of [...convnetPeers, litertDense])
      report({
        peer: entry.name,
        check: `${name}: max error`,
        value: await worstError(entry, network, inputs, expected),
        limit: 1e-5,
      });
  }
}

/** LeNet-5 on noise, learnt by heart. @param {Report} report */
export async function checkConvnetTraining(report) {
  const network = lenet5(1);
  const learningRate = 1e-3;
  const labels = Int32Array.from({ length: TRAINING_BATCH }, (_, s) => (s * 7) % 10);
  const x = Float32Array.from({ length: TRAINING_BATCH * sizeOf(network.inputShape) }, uniform(4));
  const twin = convnetTrainer(network, learningRate);
  const expected = Array.from({ length: STEPS }, () => twin(x, labels));
  for (const { name: peer, create } of convnetTrainers) {
    const trainer = await create(network, { batchSize: TRAINING_BATCH, learningRate });
    const losses = expected.map(() => trainer.step(x, labels)); // one channel: channels last is the same
    trainer.dispose();
    const errors = losses.map((loss, i) => Math.abs(loss - expected[i]));
    report({ peer, check: 'LeNet-5: loss, step 1: |error|', value: errors[0], limit: 1e-4 });
    report({
      peer,
      check: `LeNet-5: loss, steps 1-${STEPS}: max |error|`,
      value: Math.max(...errors),
      limit: 1e-3,
    });
    report({
      peer,
      check: `LeNet-5: loss, step ${STEPS} / step 1`,
      value: losses[STEPS - 1] / losses[0],
      limit: 0.5,
    });
  }
}
