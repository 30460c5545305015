/** TensorFlow.js as a peer: training on its WebAssembly backend, which needs gradients made by hand. */

import * as tf from '@tensorflow/tfjs-core';
import { channelsLastSteps } from './channelsLast.mjs';
import { installedVersion } from './packages.mjs';
import { tfLayer } from './tfjsGradients.mjs';
import { startTfjsWasm } from './tfjsWasm.mjs';

const NAME = '@tensorflow/tfjs-backend-wasm';

/**
 * A trainer by TensorFlow.js: softmax cross-entropy, its own Adam (0.9, 0.999, 1e-8), gradients by tfjsGradients.mjs.
 *
 * @param {import('./convnet.mjs').Convnet} network the start
 * @param {{ batchSize: number, learningRate: number }} options
 */
export async function createTfjsTrainer(network, { batchSize, learningRate }) {
  await startTfjsWasm('createTfjsTrainer');
  const layers = channelsLastSteps(network).map(tfLayer);
  const optimizer = tf.train.adam(learningRate, 0.9, 0.999, 1e-8);
  const [channels, height, width] = network.inputShape;
  const names = layers.flatMap(({ variables }) => variables.map(({ name }) => name));

  /** @param {tf.Tensor} logits @param {ArrayLike<number>} labels */
  function lossOf(logits, labels) {
    const targets = tf.oneHot(tf.tensor1d(Int32Array.from(labels), 'int32'), logits.shape[1] ?? 0);
    const logs = tf.logSoftmax(/** @type {tf.Tensor2D} */ (logits));
    const loss = tf.mul(tf.sum(tf.mul(logs, targets)), -1 / batchSize);
    return { loss, slope: tf.mul(tf.sub(tf.exp(logs), targets), 1 / batchSize) };
  }

  /** @param {Float32Array} x @param {ArrayLike<number>} labels */
  function gradientsOf(x, labels) {
    /** @type {tf.Tensor[]} */
    const values = [tf.tensor4d(x, [batchSize, height, width, channels])];
    for (const [l, layer] of layers.entries()) values.push(layer.forward(values[l]));
    const { loss, slope } = lossOf(values[layers.length], labels);
    /** @type {tf.Tensor[]} */
    const gradients = [];
    for (let l = layers.length - 1, dy = slope; l >= 0; l--) {
      const back = layers[l].backward(dy, values[l], values[l + 1], l > 0);
      gradients.unshift(...back.gradients);
      if (back.dx) dy = back.dx;
    }
    return { loss, gradients };
  }

  return {
    name: NAME,
    version: installedVersion(NAME),
    channelsLast: true,

    /**
     * @param {Float32Array} x [batchSize, h, w, c]
     * @param {ArrayLike<number>} labels
     * @returns {number} the loss before the update
     */
    step(x, labels) {
      const { loss, gradients } = tf.tidy(() => gradientsOf(x, labels));
      optimizer.applyGradients(names.map((name, i) => ({ name, tensor: gradients[i] })));
      const [value] = loss.dataSync();
      tf.dispose([loss, ...gradients]);
      return value;
    },

    dispose() {
      optimizer.dispose();
      tf.dispose(layers.map(({ variables }) => variables));
    },
  };
}
