/** jax-js as a peer: training on its WebAssembly backend, one thread. */

import { jit, nn, numpy as np, tree, valueAndGrad } from '@jax-js/jax';
import { convnetLogits, convnetParams } from './jaxConvnet.mjs';
import { logitsOf, paramsOf, startJax } from './jaxNetwork.mjs';
import { installedVersion } from './packages.mjs';
import { randomLayers } from './reference.mjs';

/** @typedef {import('./jaxNetwork.mjs').Params} Params */
/** @typedef {{ params: Params, m: Params, v: Params, count: np.Array }} State m, v: Adam's moments */

const B1 = 0.9;
const B2 = 0.999;
const EPSILON = 1e-8;

/**
 * Mean softmax cross-entropy, consuming its arguments.
 *
 * @param {np.Array} logits [batch, classes]
 * @param {np.Array} labels [batch], int32
 */
function lossOf(logits, labels) {
  const [batch, classes] = logits.shape;
  return nn
    .logSoftmax(logits)
    .mul(nn.oneHot(labels, classes))
    .sum()
    .mul(-1 / batch);
}

/**
 * One Adam update (Kingma & Ba 2015, arXiv:1412.6980) in the form of @jax-js/optax 0.1.2, consuming its arguments.
 *
 * By hand, because npm answers 404 for that package.
 *
 * @param {State} state
 * @param {Params} gradients
 * @param {number} learningRate
 */
function adam({ params, m, v, count }, gradients, learningRate) {
  count = count.add(1);
  const correct1 = np.reciprocal(np.subtract(1, np.power(B1, count.ref)));
  const correct2 = np.reciprocal(np.subtract(1, np.power(B2, count.ref)));
  m = tree.map((g, m) => g.mul(1 - B1).add(m.mul(B1)), tree.ref(gradients), m);
  v = /** @type {Params} */ (tree.map((g, v) => g.ref.mul(g.mul(1 - B2)).add(v.mul(B2)), gradients, v));
  const stepped = tree.map(
    (p, m, v) => {
      const scale = np.sqrt(v.mul(correct2.ref)).add(EPSILON);
      return p.sub(m.mul(correct1.ref).div(scale).mul(learningRate));
    },
    params,
    tree.ref(m),
    tree.ref(v),
  );
  correct1.dispose();
  correct2.dispose();
  return { params: /** @type {Params} */ (stepped), m, v, count };
}

/** @param {Params} params borrowed @returns {Params} */
const zerosLike = (params) => params.map(({ w, b }) => ({ w: np.zerosLike(w.ref), b: np.zerosLike(b.ref) }));

/**
 * A trainer by jax-js: softmax cross-entropy and Adam (0.9, 0.999, 1e-8), float32.
 *
 * Loss, gradients and update are one `jit`, the fastest of the ways tried: two jits, gradients and update, take
 * about the same; jit for the update only, twice as long; its MNIST demo's way, jit for the forward pass, 4x.
 *
 * @param {Params} params the start, consumed
 * @param {(params: Params, x: np.Array) => np.Array} logits consumes its arguments
 * @param {number[]} inputShape of a batch
 * @param {number} learningRate
 */
function trainer(params, logits, inputShape, learningRate) {
  let state = { params, m: zerosLike(params), v: zerosLike(params), count: np.array(0) };
  const loss = (/** @type {Params} */ params, /** @type {np.Array} */ x, /** @type {np.Array} */ labels) =>
    lossOf(logits(params, x), labels);
  const update = jit((state, x, labels) => {
    const [value, gradients] = valueAndGrad(loss)(tree.ref(state.params), x, labels);
    return { loss: value, state: adam(state, gradients, learningRate) };
  });

  return {
    name: '@jax-js/jax',
    version: installedVersion('@jax-js/jax'),
    /** Where the weights live: must stay 'wasm'. */
    device: () => state.params[0]?.w.device,

    /**
     * @param {Float32Array} x sample-major
     * @param {Uint8Array | Int32Array} labels
     * @returns {number} the loss before the update
     */
    step(x, labels) {
      const inputs = np.array(x).reshape(inputShape);
      const after = update(state, inputs, np.array(Int32Array.from(labels), { dtype: np.int32 }));
      state = after.state;
      return after.loss.dataSync()[0];
    },

    dispose() {
      tree.dispose(state);
      update.dispose();
    },
  };
}

/**
 * A trainer of an MLP with Relu that starts from `initial`, by default drawn from `seed`.
 *
 * @param {{ layers: number[], batchSize: number, learningRate: number, seed: number,
 *   initial?: import('./onnxMlp.mjs').DenseLayer[] }} options layers: for instance [784, 300, 100, 10]
 */
export async function createJaxTrainer({ layers, batchSize, learningRate, seed, initial }) {
  startJax('createJaxTrainer');
  const params = paramsOf(initial ?? randomLayers(layers, seed));
  return trainer(params, logitsOf, [batchSize, layers[0]], learningRate);
}

/**
 * A trainer of a convolutional network; `step` takes x [batchSize, c, h, w].
 *
 * @param {import('./convnet.mjs').Convnet} network the start
 * @param {{ batchSize: number, learningRate: number }} options
 */
export async function createJaxConvnetTrainer(network, { batchSize, learningRate }) {
  startJax('createJaxConvnetTrainer');
  const logits = (/** @type {Params} */ params, /** @type {np.Array} */ x) =>
    convnetLogits(network.layers, params, x);
  return trainer(convnetParams(network), logits, [batchSize, ...network.inputShape], learningRate);
}
