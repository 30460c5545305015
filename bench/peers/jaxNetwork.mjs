/** A network in jax-js, on its WebAssembly backend. Node has no global `Worker`, so it runs on one thread. */

import { defaultDevice, nn, numpy as np } from '@jax-js/jax';

/** @typedef {{ w: np.Array, b: np.Array }[]} Params w [out, in], b [out] */

/** Chooses the backend; WebGPU is never initialized. @param {string} caller for the message */
export function startJax(caller) {
  if (typeof Worker !== 'undefined')
    throw new Error(`${caller}: needs a process without a global Worker (one thread), got one`);
  defaultDevice('wasm');
}

/** @param {import('./onnxMlp.mjs').DenseLayer[]} layers @returns {Params} */
export function paramsOf(layers) {
  return layers.map(({ weight, bias, outFeatures, inFeatures }) => ({
    w: np.array(weight).reshape([outFeatures, inFeatures]),
    b: np.array(bias),
  }));
}

/**
 * The network's output: Relu after all layers but the last. Consumes its arguments.
 *
 * Weights as [out, in], transposed in the product: as [in, out] inference takes up to a third longer, and
 * training a tenth, for autodiff then has to transpose.
 *
 * @param {Params} params
 * @param {np.Array} x [batch, in]
 */
export function logitsOf(params, x) {
  const last = params.length - 1;
  return params.reduce((h, { w, b }, i) => {
    const z = np.dot(h, w.transpose()).add(b);
    return i < last ? nn.relu(z) : z;
  }, x);
}
