/** TensorFlow.js as a peer: its WebAssembly backend (SIMD), which in Node has one thread only. */

import { setThreadsCount } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { installedVersion } from './packages.mjs';

const NAME = '@tensorflow/tfjs-backend-wasm';

/** One thread, SIMD. @param {string} caller for the message */
export async function startTfjsWasm(caller) {
  setThreadsCount(1);
  await tf.setBackend('wasm');
  if (!(await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT')))
    throw new Error(`${caller}: needs WebAssembly SIMD`);
}

/**
 * A network of TensorFlow.js tensors that runs the given layers.
 *
 * A layer is a 1 x 1 convolution over n pixels, with bias and Relu fused: the fastest of the ways tried. At
 * batch 1 `fused.matMul` takes a quarter longer, from batch 8 on about the same; `matMul`, `add` and `relu` are
 * no faster; `transposeB` gives wrong numbers. `dataSync` stays outside `tidy`, which would walk its result.
 *
 * `run` takes x [n, inFeatures] and gives y [n, outFeatures], both sample-major float32, any n.
 *
 * @param {import('./onnxMlp.mjs').DenseLayer[]} layers
 */
export async function createTfjsWasm(layers) {
  await startTfjsWasm('createTfjsWasm');
  const steps = layers.map(({ weight, bias, outFeatures, inFeatures, relu }) => {
    const filter = tf.tidy(() =>
      tf.reshape(tf.transpose(tf.tensor2d(weight, [outFeatures, inFeatures])), [
        1,
        1,
        inFeatures,
        outFeatures,
      ]),
    );
    const activation = /** @type {'relu' | 'linear'} */ (relu ? 'relu' : 'linear');
    const bias1d = tf.tensor1d(bias);
    return { filter: /** @type {tf.Tensor4D} */ (filter), bias: bias1d, strides: 1, pad: 0, activation };
  });
  const inFeatures = layers[0]?.inFeatures ?? 0;

  /** @param {Float32Array} x @param {number} n @returns {tf.Tensor4D} */
  function forward(x, n) {
    /** @type {tf.Tensor4D} */
    let h = tf.tensor4d(x, [1, n, 1, inFeatures]);
    for (const step of steps) h = tf.fused.conv2d({ x: h, ...step });
    return h;
  }

  return {
    name: NAME,
    version: installedVersion(NAME),

    /**
     * @param {Float32Array} x
     * @param {number} n
     * @returns {Float32Array}
     */
    run(x, n) {
      const y = tf.tidy(() => forward(x, n));
      const values = y.dataSync();
      y.dispose();
      return /** @type {Float32Array} */ (values);
    },

    dispose: () => tf.dispose(steps.map(({ filter, bias }) => [filter, bias])),
  };
}
