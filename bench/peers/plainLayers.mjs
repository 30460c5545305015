/** Layers of a network in plain loops, forward and backward, float32. Activations are [n, h, w, c]. */

import { sizeOf } from './convnet.mjs';
import { addInputGradients, addWeightGradients, outputsOf } from './plainProducts.mjs';

/** @typedef {import('./channelsLast.mjs').Step} Step */

/**
 * A layer for batches of n. `backward` is called after `forward`, with the same x and y, and adds to the gradients;
 * dx is zero at first, or missing where nobody wants it.
 *
 * @typedef {object} PlainLayer
 * @property {Float32Array[]} parameters
 * @property {Float32Array[]} gradients
 * @property {number} outputs values a sample
 * @property {(y: Float32Array, x: Float32Array) => void} forward
 * @property {(dx: Float32Array | undefined, dy: Float32Array, x: Float32Array, y: Float32Array) => void} backward
 */

/**
 * Calls `visit` for each run of a window's row that lies in the image.
 *
 * @param {Extract<Step, { kind: 'conv2d' }>} step
 * @param {(column: number, pixel: number, length: number) => void} visit place in the columns, in the image, floats
 */
function eachRun({ from: [height, width, channels], to, kernel: [kh, kw], stride, padding }, visit) {
  const inputs = kh * kw * channels;
  for (let oy = 0, row = 0; oy < to[0]; oy++)
    for (let ox = 0; ox < to[1]; ox++, row++)
      for (let ky = 0; ky < kh; ky++) {
        const [iy, left] = [oy * stride + ky - padding, ox * stride - padding];
        if (iy < 0 || iy >= height) continue;
        const [first, end] = [Math.max(left, 0), Math.min(left + kw, width)];
        const column = row * inputs + (ky * kw + first - left) * channels;
        visit(column, (iy * width + first) * channels, (end - first) * channels);
      }
}

/**
 * A convolution: each sample's windows are copied into the rows of a matrix (im2col), and multiplied.
 *
 * @param {Extract<Step, { kind: 'conv2d' }>} step
 * @param {number} n
 * @returns {PlainLayer}
 */
function conv2d(step, n) {
  const { weights: w, bias, from, to } = step;
  const rows = to[0] * to[1];
  const columns = new Float32Array((rows * w.length) / bias.length);
  const dColumns = new Float32Array(columns.length);
  const [dw, db] = [new Float32Array(w.length), new Float32Array(bias.length)];
  const [inputs, outputs] = [sizeOf(from), sizeOf(to)];
  const sample = (/** @type {Float32Array} */ values, /** @type {number} */ s, /** @type {number} */ size) =>
    values.subarray(s * size, (s + 1) * size);
  const gather = (/** @type {Float32Array} */ x) =>
    eachRun(step, (column, pixel, length) => {
      for (let i = 0; i < length; i++) columns[column + i] = x[pixel + i];
    });
  const scatter = (/** @type {Float32Array} */ dx) =>
    eachRun(step, (column, pixel, length) => {
      for (let i = 0; i < length; i++) dx[pixel + i] += dColumns[column + i];
    });
  return {
    parameters: [w, bias],
    gradients: [dw, db],
    outputs,
    forward(y, x) {
      for (let s = 0; s < n; s++) {
        gather(sample(x, s, inputs));
        outputsOf(sample(y, s, outputs), w, bias, columns, rows);
      }
    },
    backward(dx, dy, x) {
      for (let s = 0; s < n; s++) {
        const d = sample(dy, s, outputs);
        gather(sample(x, s, inputs));
        addWeightGradients(dw, db, d, columns, rows);
        if (!dx) continue;
        dColumns.fill(0);
        addInputGradients(dColumns, w, d, rows);
        scatter(sample(dx, s, inputs));
      }
    },
  };
}

/** @param {Extract<Step, { kind: 'dense' }>} step @param {number} n @returns {PlainLayer} */
function dense({ weights: w, bias }, n) {
  const [dw, db] = [new Float32Array(w.length), new Float32Array(bias.length)];
  return {
    parameters: [w, bias],
    gradients: [dw, db],
    outputs: bias.length,
    forward: (y, x) => outputsOf(y, w, bias, x, n),
    backward(dx, dy, x) {
      addWeightGradients(dw, db, dy, x, n);
      if (dx) addInputGradients(dx, w, dy, n);
    },
  };
}

/** @param {Extract<Step, { kind: 'maxPool2d' }>} step @param {number} n @returns {PlainLayer} */
function maxPool2d({ from: [height, width, channels], to, size }, n) {
  const winners = new Int32Array(n * sizeOf(to));
  return {
    parameters: [],
    gradients: [],
    outputs: sizeOf(to),
    forward(y, x) {
      let at = 0;
      for (let s = 0; s < n; s++)
        for (let oy = 0; oy < to[0]; oy++)
          for (let ox = 0; ox < to[1]; ox++)
            for (let c = 0; c < channels; c++, at++) {
              let best = ((s * height + oy * size) * width + ox * size) * channels + c;
              for (let ky = 0, row = best; ky < size; ky++, row += width * channels)
                for (let kx = 0; kx < size; kx++)
                  if (x[row + kx * channels] > x[best]) best = row + kx * channels;
              winners[at] = best;
              y[at] = x[best];
            }
    },
    backward(dx, dy) {
      if (dx) for (let i = 0; i < dy.length; i++) dx[winners[i]] += dy[i];
    },
  };
}

/** @param {Step} step @returns {PlainLayer} */
const flatten = ({ to }) => ({
  parameters: [],
  gradients: [],
  outputs: sizeOf(to),
  forward: (y, x) => y.set(x),
  backward: (dx, dy) => dx?.set(dy),
});

/** With Relu behind it. @param {PlainLayer} layer @returns {PlainLayer} */
const withRelu = (layer) => ({
  ...layer,
  forward(y, x) {
    layer.forward(y, x);
    for (let i = 0; i < y.length; i++) if (y[i] < 0) y[i] = 0;
  },
  backward(dx, dy, x, y) {
    for (let i = 0; i < dy.length; i++) if (y[i] <= 0) dy[i] = 0;
    layer.backward(dx, dy, x, y);
  },
});

/** @param {Step} step @param {number} n samples in a batch @returns {PlainLayer} */
export function plainLayer(step, n) {
  const layer =
    step.kind === 'conv2d'
      ? conv2d(step, n)
      : step.kind === 'dense'
        ? dense(step, n)
        : step.kind === 'maxPool2d'
          ? maxPool2d(step, n)
          : step.kind === 'flatten'
            ? flatten(step)
            : undefined;
  if (!layer) throw new RangeError(`plainLayer: no such layer in plain loops, got ${step.kind}`);
  return step.relu ? withRelu(layer) : layer;
}
