/** The engines to measure against: a new one costs its file and one line here. */

import { isInstalled } from './packages.mjs';

/** @typedef {import('./onnxMlp.mjs').DenseLayer} DenseLayer */
/** @typedef {import('./convnet.mjs').Convnet} Convnet */

/**
 * An engine, ready to run a network: x [n, inFeatures] to y [n, outFeatures].
 *
 * @typedef {object} InferencePeer
 * @property {string} name
 * @property {string} version
 * @property {(x: Float32Array, n: number) => Float32Array | Promise<Float32Array>} run
 * @property {() => void | Promise<void>} dispose
 */

/**
 * The same for a convolutional network: x [n, c, h, w], or [n, h, w, c] if `channelsLast`.
 *
 * @typedef {InferencePeer & { channelsLast?: boolean }} ConvnetPeer
 */

/**
 * An engine, ready to train: a step on a batch, which gives the loss before its update.
 *
 * @typedef {object} TrainingPeer
 * @property {string} name
 * @property {string} version
 * @property {boolean} [channelsLast]
 * @property {(x: Float32Array, labels: Int32Array) => number} step
 * @property {() => void} dispose
 */

/** By package, its adapter, loaded when it is first used. */
const adapters = {
  'onnxruntime-web': async () => (await import('./onnxruntimeWeb.mjs')).createOnnxruntimeWeb,
  'onnxruntime-node': async () => (await import('./onnxruntimeNode.mjs')).createOnnxruntimeNode,
  '@tensorflow/tfjs-backend-wasm': async () => (await import('./tfjsWasm.mjs')).createTfjsWasm,
  '@litertjs/core': async () => (await import('./litert.mjs')).createLitert,
  '@jax-js/jax': async () => (await import('./jaxInference.mjs')).createJaxInference,
};

/** Likewise for convolutional networks. */
const convnetAdapters = {
  'onnxruntime-web': async () => (await import('./onnxruntimeWeb.mjs')).createOnnxruntimeWebConvnet,
  'onnxruntime-node': async () => (await import('./onnxruntimeNode.mjs')).createOnnxruntimeNodeConvnet,
  '@tensorflow/tfjs-backend-wasm': async () => (await import('./tfjsConvnet.mjs')).createTfjsConvnet,
  '@litertjs/core': async () => (await import('./litert.mjs')).createLitertConvnet,
  '@jax-js/jax': async () => (await import('./jaxConvnet.mjs')).createJaxConvnet,
};

/** Likewise for training them; plain loops need no package. */
const trainerAdapters = {
  '@tensorflow/tfjs-backend-wasm': async () => (await import('./tfjsTraining.mjs')).createTfjsTrainer,
  '@jax-js/jax': async () => (await import('./jaxTraining.mjs')).createJaxConvnetTrainer,
  convnetjs: async () => (await import('./convnetjsTraining.mjs')).createConvnetjsTrainer,
  'plain loops': async () => (await import('./plainTraining.mjs')).createPlainTrainer,
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

/** Those that run convolutional networks. */
export const convnetPeers = Object.entries(convnetAdapters)
  .filter(([name]) => isInstalled(name))
  .map(([name, load]) => ({
    name,
    /** @param {Convnet} network @param {number} batch @returns {Promise<ConvnetPeer>} */
    create: (network, batch) => inTurn(async () => (await load())(network, batch)),
  }));

/** LiteRT with every weight stored as if none were zero: what its sparse inference is compared with. */
export const litertDense = {
  name: '@litertjs/core, dense',
  /** @param {Convnet} network @param {number} batch @returns {Promise<ConvnetPeer>} */
  create: (network, batch) =>
    inTurn(async () => {
      const { createLitertConvnet } = await import('./litert.mjs');
      const peer = await createLitertConvnet(network, batch, { sparse: false });
      return { ...peer, name: litertDense.name };
    }),
};

/** Those that train convolutional networks: from the given weights, softmax cross-entropy, Adam. */
export const convnetTrainers = Object.entries(trainerAdapters)
  .filter(([name]) => name === 'plain loops' || isInstalled(name))
  .map(([name, load]) => ({
    name,
    /** @param {Convnet} network @param {{ batchSize: number, learningRate: number }} options @returns {Promise<TrainingPeer>} */
    create: (network, options) => inTurn(async () => (await load())(network, options)),
  }));

/** The packages that are missing. */
export const missingPeers = [...Object.keys(adapters), 'convnetjs'].filter((name) => !isInstalled(name));
