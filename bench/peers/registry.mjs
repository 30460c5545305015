/** The engines to measure inference against: a new one costs its file and one line here. */

import { isInstalled } from './packages.mjs';

/** @typedef {import('./onnxMlp.mjs').DenseLayer} DenseLayer */

/**
 * An engine, ready to run a network: x [n, inFeatures] to y [n, outFeatures].
 *
 * @typedef {object} InferencePeer
 * @property {string} name
 * @property {string} version
 * @property {(x: Float32Array, n: number) => Float32Array | Promise<Float32Array>} run
 * @property {() => void | Promise<void>} dispose
 */

/** By package, its adapter, loaded when it is first used. */
const adapters = {
  'onnxruntime-web': async () => (await import('./onnxruntimeWeb.mjs')).createOnnxruntimeWeb,
  'onnxruntime-node': async () => (await import('./onnxruntimeNode.mjs')).createOnnxruntimeNode,
  '@tensorflow/tfjs-backend-wasm': async () => (await import('./tfjsWasm.mjs')).createTfjsWasm,
  '@litertjs/core': async () => (await import('./litert.mjs')).createLitert,
  '@jax-js/jax': async () => (await import('./jaxInference.mjs')).createJaxInference,
};

/** @type {Promise<unknown>} */
let before = Promise.resolve();

/**
 * Runs `work` after all that was handed in earlier: while an engine loads, it may change globals that another
 * one looks at.
 *
 * @template T
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
function inTurn(work) {
  const result = before.then(work);
  before = result.catch(() => {});
  return result;
}

/** The peers whose package is installed. `create` prepares the weights, for runs of `batch` samples. */
export const inferencePeers = Object.entries(adapters)
  .filter(([name]) => isInstalled(name))
  .map(([name, load]) => ({
    name,
    /** @param {DenseLayer[]} layers @param {number} batch @returns {Promise<InferencePeer>} */
    create: (layers, batch) => inTurn(async () => (await load())(layers, batch)),
  }));

/** The packages that are missing. */
export const missingPeers = Object.keys(adapters).filter((name) => !isInstalled(name));
