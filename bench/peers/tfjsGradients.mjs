/**
 * Gradients of layers in TensorFlow.js on its WebAssembly backend, by hand: it has no kernel for the gradients of a
 * convolution's filter and of max pooling. Each is made of forward kernels, most of them XNNPACK's. [n, h, w, c].
 */

import * as tf from '@tensorflow/tfjs-core';

/** @typedef {import('./channelsLast.mjs').Step} Step */
/** @typedef {tf.Tensor4D} T4 */

/** Sums over all but the last dimension, as a product with ones: `sum` would transpose. @param {tf.Tensor} dy @returns {tf.Tensor1D} */
function columnSums(dy) {
  const columns = dy.shape[dy.shape.length - 1];
  const rows = dy.size / columns;
  return tf.reshape(tf.matMul(tf.ones([1, rows]), tf.reshape(dy, [rows, columns])), [columns]);
}

/**
 * dw of y = conv(x, w), stride 1, no padding: one convolution too, of x with channels and samples exchanged, by dy
 * as its filter, for dw[ky, kx, c, o] is the sum over n, oy, ox of x[n, oy + ky, ox + kx, c] dy[n, oy, ox, o].
 *
 * @param {T4} x
 * @param {T4} dy
 * @returns {T4} [kh, kw, in, out]
 */
function filterGradient(x, dy) {
  const dw = tf.conv2d(
    /** @type {T4} */ (tf.transpose(x, [3, 1, 2, 0])),
    /** @type {T4} */ (tf.transpose(dy, [1, 2, 0, 3])),
    1,
    'valid',
  );
  return /** @type {T4} */ (tf.transpose(dw, [1, 2, 0, 3]));
}

/** dx of the same: dy, padded, by the filter turned round; five times as fast as its kernel for that. @param {T4} dy @param {T4} w @returns {T4} */
function inputGradient(dy, w) {
  const turned = /** @type {T4} */ (tf.transpose(tf.reverse(w, [0, 1]), [0, 1, 3, 2]));
  return tf.conv2d(dy, turned, 1, w.shape[0] - 1);
}

/** dx of max pooling. Equal maxima, as of an empty image, share the gradient. @param {T4} x @param {T4} y @param {T4} dy @param {number} size @returns {T4} */
function maxPoolGradient(x, y, dy, size) {
  const [, height, width] = x.shape;
  const grown = (/** @type {T4} */ values) => tf.image.resizeNearestNeighbor(values, [height, width]);
  const isMaximum = /** @type {T4} */ (tf.cast(tf.equal(x, grown(y)), 'float32'));
  const count = tf.mul(tf.avgPool(isMaximum, size, size, 'valid'), size * size);
  return tf.mul(isMaximum, grown(/** @type {T4} */ (tf.div(dy, count))));
}

/** dw and dx of y = x · w; transposed first: six to ten times as fast as by options of `matMul`. @param {tf.Tensor2D} x @param {tf.Tensor2D} dy @returns {tf.Tensor2D} */
const productGradient = (x, dy) => tf.matMul(/** @type {tf.Tensor2D} */ (tf.transpose(x)), dy);

/**
 * One layer as a pair of functions. Weights are [kh, kw, in, out] or [in, out].
 *
 * @typedef {object} TfLayer
 * @property {tf.Variable[]} variables
 * @property {(x: tf.Tensor) => tf.Tensor} forward
 * @property {(dy: tf.Tensor, x: tf.Tensor, y: tf.Tensor, wanted: boolean) => { dx?: tf.Tensor, gradients: tf.Tensor[] }} backward
 *   dx only where wanted
 */

/** @param {tf.Tensor} dy @param {tf.Tensor} y @param {boolean} relu */
const throughRelu = (dy, y, relu) => (relu ? tf.mul(dy, tf.cast(tf.greater(y, 0), 'float32')) : dy);

/** @param {boolean} relu @returns {'relu' | 'linear'} */
const activationOf = (relu) => (relu ? 'relu' : 'linear');

/** @param {Extract<Step, { kind: 'conv2d' }>} step @returns {TfLayer} */
function conv2d({ weights, bias, kernel, from, relu, stride, padding }) {
  if (stride !== 1 || padding !== 0)
    throw new RangeError(`tfjs: stride must be 1 and padding 0, got ${stride} and ${padding}`);
  const filter = tf.variable(
    tf.tidy(() => tf.transpose(tf.tensor4d(weights, [bias.length, ...kernel, from[2]]), [1, 2, 3, 0])),
  );
  const offset = tf.variable(tf.tensor1d(bias));
  const w = /** @type {T4} */ (/** @type {tf.Tensor} */ (filter));
  const activation = activationOf(relu);
  return {
    variables: [filter, offset],
    forward: (x) =>
      tf.fused.conv2d({ x: /** @type {T4} */ (x), filter: w, bias: offset, strides: 1, pad: 0, activation }),
    backward(after, x, y, wanted) {
      const dy = /** @type {T4} */ (throughRelu(after, y, relu));
      const gradients = [filterGradient(/** @type {T4} */ (x), dy), columnSums(dy)];
      return { gradients, ...(wanted && { dx: inputGradient(dy, w) }) };
    },
  };
}

/** @param {Extract<Step, { kind: 'dense' }>} step @returns {TfLayer} */
function dense({ weights, bias, from, relu }) {
  const matrix = tf.variable(tf.tidy(() => tf.transpose(tf.tensor2d(weights, [bias.length, from[0]]))));
  const offset = tf.variable(tf.tensor1d(bias));
  const w = /** @type {tf.Tensor2D} */ (/** @type {tf.Tensor} */ (matrix));
  const activation = activationOf(relu);
  return {
    variables: [matrix, offset],
    forward: (x) => tf.fused.matMul({ a: /** @type {tf.Tensor2D} */ (x), b: w, bias: offset, activation }),
    backward(after, x, y, wanted) {
      const dy = /** @type {tf.Tensor2D} */ (throughRelu(after, y, relu));
      const gradients = [productGradient(/** @type {tf.Tensor2D} */ (x), dy), columnSums(dy)];
      return {
        gradients,
        ...(wanted && { dx: tf.matMul(dy, /** @type {tf.Tensor2D} */ (tf.transpose(w))) }),
      };
    },
  };
}

/** @param {Step} step @returns {TfLayer} */
export function tfLayer(step) {
  switch (step.kind) {
    case 'conv2d':
      return conv2d(step);
    case 'dense':
      return dense(step);
    case 'maxPool2d':
      return {
        variables: [],
        forward: (x) => tf.maxPool(/** @type {T4} */ (x), step.size, step.size, 'valid'),
        backward: (dy, x, y) => ({
          gradients: [],
          dx: maxPoolGradient(
            /** @type {T4} */ (x),
            /** @type {T4} */ (y),
            /** @type {T4} */ (dy),
            step.size,
          ),
        }),
      };
    case 'flatten':
      return {
        variables: [],
        forward: (x) => tf.reshape(x, [x.shape[0], step.to[0]]),
        backward: (dy, x) => ({ gradients: [], dx: tf.reshape(dy, x.shape) }),
      };
    default:
      throw new RangeError(`tfjs: no gradient of that layer, got ${step.kind}`);
  }
}
