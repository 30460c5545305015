/** The plain float64 twin of convolutional networks: nested loops from the definitions. Activations are [n, c, h, w]. */

import { shapesOf, sizeOf } from './convnet.mjs';

/** @typedef {import('./convnet.mjs').Convnet} Convnet */
/** @typedef {import('./convnet.mjs').ConvnetLayer} ConvnetLayer */
/** @typedef {ArrayLike<number>} Values */

/**
 * Calls `visit` for every product in a convolution of one sample.
 *
 * @param {Extract<ConvnetLayer, { kind: 'conv2d' }>} layer
 * @param {number[]} from [c, h, w]
 * @param {number[]} to [c, h, w]
 * @param {(y: number, w: number, x: number, o: number) => void} visit indices in the output, the weights and the input; filter
 */
export function eachProduct(
  { kernel: [kh, kw], stride, padding },
  [channels, height, width],
  [filters, rows, columns],
  visit,
) {
  for (let o = 0; o < filters; o++)
    for (let c = 0; c < channels; c++)
      for (let ky = 0; ky < kh; ky++)
        for (let kx = 0; kx < kw; kx++)
          for (let oy = 0; oy < rows; oy++)
            for (let ox = 0; ox < columns; ox++) {
              const iy = oy * stride + ky - padding;
              const ix = ox * stride + kx - padding;
              if (iy < 0 || iy >= height || ix < 0 || ix >= width) continue;
              const w = ((o * channels + c) * kh + ky) * kw + kx;
              visit((o * rows + oy) * columns + ox, w, (c * height + iy) * width + ix, o);
            }
}

/** Index of the largest value in each window. @param {number} size @param {number[]} from @param {number[]} to @param {Values} x @param {(y: number, x: number) => void} visit */
export function eachMaximum(size, [, height, width], [channels, rows, columns], x, visit) {
  for (let c = 0; c < channels; c++)
    for (let oy = 0; oy < rows; oy++)
      for (let ox = 0; ox < columns; ox++) {
        let best = (c * height + oy * size) * width + ox * size;
        for (let ky = 0; ky < size; ky++)
          for (let kx = 0; kx < size; kx++) {
            const at = (c * height + oy * size + ky) * width + ox * size + kx;
            if (x[at] > x[best]) best = at;
          }
        visit((c * rows + oy) * columns + ox, best);
      }
}

/** One layer on one sample. @param {ConvnetLayer} layer @param {number[]} from @param {number[]} to @param {Float64Array} x @returns {Float64Array} */
function forwardOne(layer, from, to, x) {
  const y = new Float64Array(sizeOf(to));
  switch (layer.kind) {
    case 'conv2d': {
      const plane = to[1] * to[2];
      y.forEach((_, i) => {
        y[i] = layer.bias[Math.floor(i / plane)];
      });
      eachProduct(layer, from, to, (i, w, j) => {
        y[i] += layer.weights[w] * x[j];
      });
      return y;
    }
    case 'maxPool2d':
      eachMaximum(layer.size, from, to, x, (i, j) => {
        y[i] = x[j];
      });
      return y;
    case 'globalAvgPool2d': {
      const plane = from[1] * from[2];
      x.forEach((value, i) => {
        y[Math.floor(i / plane)] += value / plane;
      });
      return y;
    }
    case 'dense':
      return y.map((_, o) => {
        const sum = x.reduce((sum, value, i) => sum + layer.weights[o * x.length + i] * value, layer.bias[o]);
        return layer.relu ? Math.max(sum, 0) : sum;
      });
    case 'flatten':
      return x;
    case 'relu':
      return x.map((value) => Math.max(value, 0));
  }
}

/**
 * All outputs of the network for one sample: the input, then each layer's.
 *
 * @param {Convnet} network
 * @param {Values} x
 * @returns {Float64Array[]}
 */
export function outputsOf(network, x) {
  const shapes = shapesOf(network);
  /** @type {Float64Array[]} */
  const outputs = [Float64Array.from(x)];
  network.layers.forEach((layer, i) => {
    outputs.push(forwardOne(layer, shapes[i], shapes[i + 1], outputs[i]));
  });
  return outputs;
}

/**
 * The network's output for n samples.
 *
 * @param {Convnet} network
 * @param {Float32Array | Float64Array} x [n, c, h, w]
 * @param {number} n
 * @returns {Float64Array} [n, ...]
 */
export function forwardConvnet(network, x, n) {
  const size = sizeOf(network.inputShape);
  const outputs = Array.from(
    { length: n },
    (_, s) => outputsOf(network, x.subarray(s * size, (s + 1) * size))[network.layers.length],
  );
  return Float64Array.from(outputs.flatMap((each) => [...each]));
}
