/** TensorFlow.js as a peer on convolutional networks: its WebAssembly backend, one thread. */

import * as tf from '@tensorflow/tfjs-core';
import { channelsLastSteps } from './channelsLast.mjs';
import { installedVersion } from './packages.mjs';
import { startTfjsWasm } from './tfjsWasm.mjs';

/** @typedef {import('./channelsLast.mjs').Step} Step */
/** @typedef {{ tensors: tf.Tensor[], apply: (x: tf.Tensor4D, n: number) => tf.Tensor4D }} Prepared */

const NAME = '@tensorflow/tfjs-backend-wasm';

/** @param {Float32Array} weights [out, kh, kw, in] @param {number[]} shape @returns {tf.Tensor4D} [kh, kw, in, out] */
const filterOf = (weights, shape) =>
  tf.tidy(() =>
    tf.transpose(tf.tensor4d(weights, /** @type {[number, number, number, number]} */ (shape)), [1, 2, 3, 0]),
  );

/**
 * A fused convolution. A dense layer is one of 1 x 1 over n pixels: the fastest of the ways tried (tfjsWasm.mjs).
 *
 * @param {Extract<Step, { kind: 'conv2d' | 'dense' }>} step
 * @returns {Prepared}
 */
function fused(step) {
  const { kind, weights, bias, relu, from } = step;
  const isDense = kind === 'dense';
  const shape = isDense ? [bias.length, 1, 1, from[0]] : [bias.length, ...step.kernel, from[2]];
  const options = {
    filter: filterOf(weights, shape),
    bias: tf.tensor1d(bias),
    strides: isDense ? 1 : step.stride,
    pad: isDense ? 0 : step.padding,
    activation: /** @type {'relu' | 'linear'} */ (relu ? 'relu' : 'linear'),
  };
  return { tensors: [options.filter, options.bias], apply: (x) => tf.fused.conv2d({ x, ...options }) };
}

/** @param {Step} step @returns {Prepared} */
function prepare(step) {
  switch (step.kind) {
    case 'conv2d':
    case 'dense':
      return fused(step);
    case 'maxPool2d':
      return { tensors: [], apply: (x) => tf.maxPool(x, step.size, step.size, 'valid') };
    case 'globalAvgPool2d': {
      const window = /** @type {[number, number]} */ (step.from.slice(0, 2));
      return { tensors: [], apply: (x) => tf.avgPool(x, window, 1, 'valid') };
    }
    case 'flatten':
      return { tensors: [], apply: (x, n) => tf.reshape(x, [1, n, 1, step.to[0]]) };
    case 'relu':
      return { tensors: [], apply: (x) => tf.relu(x) };
  }
}

/**
 * A convolutional network of TensorFlow.js tensors.
 *
 * `run` takes x [n, h, w, c] and gives y [n, ...], both sample-major float32, any n.
 *
 * @param {import('./convnet.mjs').Convnet} network
 */
export async function createTfjsConvnet(network) {
  await startTfjsWasm('createTfjsConvnet');
  const steps = channelsLastSteps(network).map(prepare);
  const [channels, height, width] = network.inputShape;

  return {
    name: NAME,
    version: installedVersion(NAME),
    channelsLast: true,

    /**
     * @param {Float32Array} x
     * @param {number} n
     * @returns {Float32Array}
     */
    run(x, n) {
      const y = tf.tidy(() =>
        steps.reduce((h, { apply }) => apply(h, n), tf.tensor4d(x, [n, height, width, channels])),
      );
      const values = y.dataSync();
      y.dispose();
      return /** @type {Float32Array} */ (values);
    },

    dispose: () => tf.dispose(steps.map(({ tensors }) => tensors)),
  };
}
