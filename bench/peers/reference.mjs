/** The plain float64 twin that the peers are checked against. Activations are sample-major. */

import { adam } from './adam.mjs';

/** @typedef {import('./onnxMlp.mjs').DenseLayer} DenseLayer */

/** Uniform numbers in [-1, 1), seeded (mulberry32). @param {number} seed */
export function uniform(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 31 - 1;
  };
}

/**
 * Dense layers of the given sizes, Relu on all but the last; He-uniform weights, small biases.
 *
 * @param {number[]} sizes for instance [784, 300, 100, 10]
 * @param {number} seed
 * @returns {DenseLayer[]}
 */
export function randomLayers(sizes, seed) {
  const random = uniform(seed);
  return sizes.slice(1).map((outFeatures, i) => {
    const inFeatures = sizes[i] ?? 0;
    const bound = Math.sqrt(6 / inFeatures);
    return {
      weight: Float32Array.from({ length: outFeatures * inFeatures }, () => random() * bound),
      bias: Float32Array.from({ length: outFeatures }, () => random() * 0.1),
      outFeatures,
      inFeatures,
      relu: i < sizes.length - 2,
    };
  });
}

/**
 * The same layers with a share of the weights set to zero, at random.
 *
 * @param {DenseLayer[]} layers left untouched
 * @param {number} sparsity 0 to 1
 * @param {number} seed
 * @returns {DenseLayer[]}
 */
export function withZeros(layers, sparsity, seed) {
  const random = uniform(seed);
  const keeps = () => (random() + 1) / 2 >= sparsity;
  return layers.map((layer) => ({ ...layer, weight: layer.weight.map((value) => (keeps() ? value : 0)) }));
}

/**
 * y = W · x + b (then Relu) for n samples, keeping every layer's output.
 *
 * @param {DenseLayer[]} layers
 * @param {ArrayLike<number>} x [n, inFeatures]
 * @param {number} n
 * @returns {ArrayLike<number>[]} [x, first layer's output, ..., y]
 */
export function forward(layers, x, n) {
  const outputs = [x];
  for (const { weight, bias, outFeatures, inFeatures, relu } of layers) {
    const y = new Float64Array(n * outFeatures);
    for (let s = 0; s < n; s++)
      for (let o = 0; o < outFeatures; o++) {
        let sum = bias[o] ?? 0;
        for (let i = 0; i < inFeatures; i++) sum += weight[o * inFeatures + i] * x[s * inFeatures + i];
        y[s * outFeatures + o] = relu ? Math.max(sum, 0) : sum;
      }
    outputs.push(y);
    x = y;
  }
  return outputs;
}

/**
 * Mean softmax cross-entropy, and its gradient with respect to the logits.
 *
 * @param {ArrayLike<number>} logits [n, classes]
 * @param {ArrayLike<number>} labels [n]
 */
export function crossEntropy(logits, labels) {
  const n = labels.length;
  const classes = logits.length / n;
  const gradient = new Float64Array(logits.length);
  let loss = 0;
  for (let s = 0; s < n; s++) {
    const row = Array.prototype.slice.call(logits, s * classes, (s + 1) * classes);
    const max = Math.max(...row);
    const total = row.reduce((sum, value) => sum + Math.exp(value - max), 0);
    loss += (max + Math.log(total) - row[labels[s]]) / n;
    row.forEach((value, c) => {
      gradient[s * classes + c] = (Math.exp(value - max) / total - (c === labels[s] ? 1 : 0)) / n;
    });
  }
  return { loss, gradient };
}

/**
 * Gradients of one layer: dw = dyᵀ · x, db = sum of dy, dx = dy · W.
 *
 * @param {{ weight: ArrayLike<number>, outFeatures: number, inFeatures: number }} layer
 * @param {ArrayLike<number>} x [n, inFeatures]
 * @param {Float64Array} dy [n, outFeatures]
 */
function backward({ weight, outFeatures, inFeatures }, x, dy) {
  const dw = new Float64Array(outFeatures * inFeatures);
  const db = new Float64Array(outFeatures);
  const dx = new Float64Array(x.length);
  dy.forEach((d, at) => {
    const o = at % outFeatures;
    const row = ((at - o) / outFeatures) * inFeatures;
    db[o] += d;
    for (let i = 0; i < inFeatures; i++) {
      dw[o * inFeatures + i] += d * x[row + i];
      dx[row + i] += d * weight[o * inFeatures + i];
    }
  });
  return { dw, db, dx };
}

/**
 * Trains by Adam in float64.
 *
 * @param {DenseLayer[]} start left untouched
 * @param {number} learningRate
 * @returns {(x: Float32Array, labels: Uint8Array) => number} one step; returns the loss before its update
 */
export function adamTrainer(start, learningRate) {
  const layers = start.map((layer) => ({
    ...layer,
    weight: Float64Array.from(layer.weight),
    bias: Float64Array.from(layer.bias),
  }));
  const parameters = layers.flatMap(({ weight, bias }) => [weight, bias]);
  const update = adam(parameters, learningRate);
  return (x, labels) => {
    const outputs = forward(/** @type {any} */ (layers), x, labels.length);
    const { loss, gradient } = crossEntropy(outputs[layers.length], labels);
    /** @type {Float64Array[]} */
    const gradients = [];
    for (let l = layers.length - 1, dy = gradient; l >= 0; l--) {
      if (layers[l].relu) dy = dy.map((d, i) => (outputs[l + 1][i] > 0 ? d : 0));
      const { dw, db, dx } = backward(layers[l], outputs[l], dy);
      gradients.unshift(dw, db);
      dy = dx;
    }
    update(gradients);
    return loss;
  };
}
