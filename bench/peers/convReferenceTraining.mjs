/** The plain float64 twin of training convolutional networks. */

import { adam } from './adam.mjs';
import { shapesOf, sizeOf } from './convnet.mjs';
import { eachMaximum, eachProduct, outputsOf } from './convReference.mjs';
import { crossEntropy } from './reference.mjs';

/** @typedef {import('./convnet.mjs').Convnet} Convnet */
/** @typedef {import('./convnet.mjs').ConvnetLayer} ConvnetLayer */
/** @typedef {{ dx: Float64Array, dw?: Float64Array, db?: Float64Array }} Gradients */

/** @param {ConvnetLayer} layer @param {number[]} from @param {number[]} to @param {Float64Array} x @param {Float64Array} y @param {Float64Array} dy @returns {Gradients} */
function backwardOne(layer, from, to, x, y, dy) {
  const dx = new Float64Array(x.length);
  switch (layer.kind) {
    case 'conv2d': {
      const [dw, db] = [new Float64Array(layer.weights.length), new Float64Array(layer.bias.length)];
      const plane = to[1] * to[2];
      dy.forEach((d, i) => {
        db[Math.floor(i / plane)] += d;
      });
      eachProduct(layer, from, to, (i, w, j) => {
        dw[w] += dy[i] * x[j];
        dx[j] += dy[i] * layer.weights[w];
      });
      return { dx, dw, db };
    }
    case 'maxPool2d':
      eachMaximum(layer.size, from, to, x, (i, j) => {
        dx[j] += dy[i];
      });
      return { dx };
    case 'globalAvgPool2d': {
      const plane = from[1] * from[2];
      return { dx: dx.map((_, i) => dy[Math.floor(i / plane)] / plane) };
    }
    case 'dense': {
      const db = layer.relu ? dy.map((d, o) => (y[o] > 0 ? d : 0)) : dy;
      const dw = new Float64Array(layer.weights.length);
      db.forEach((d, o) => {
        for (let i = 0; i < x.length; i++) {
          dw[o * x.length + i] = d * x[i];
          dx[i] += d * layer.weights[o * x.length + i];
        }
      });
      return { dx, dw, db };
    }
    case 'flatten':
      return { dx: dy };
    case 'relu':
      return { dx: dy.map((d, i) => (x[i] > 0 ? d : 0)) };
  }
}

/**
 * Trains by Adam in float64: mean softmax cross-entropy.
 *
 * @param {Convnet} start left untouched
 * @param {number} learningRate
 * @returns {(x: Float32Array, labels: ArrayLike<number>) => number} one step; returns the loss before its update
 */
export function convnetTrainer(start, learningRate) {
  const shapes = shapesOf(start);
  const layers = start.layers.map((layer) =>
    'weights' in layer
      ? { ...layer, weights: Float64Array.from(layer.weights), bias: Float64Array.from(layer.bias) }
      : layer,
  );
  const network = /** @type {Convnet} */ (/** @type {unknown} */ ({ ...start, layers }));
  const trained = network.layers.flatMap((layer) => ('weights' in layer ? [layer] : []));
  const parameters = trained.flatMap(({ weights, bias }) => [weights, bias]);
  const gradients = parameters.map((p) => new Float64Array(p.length));
  const update = adam(parameters, learningRate);
  const size = sizeOf(start.inputShape);

  return (x, labels) => {
    const n = labels.length;
    const outputs = Array.from({ length: n }, (_, s) =>
      outputsOf(network, x.subarray(s * size, (s + 1) * size)),
    );
    const logits = outputs.flatMap((each) => [...each[layers.length]]);
    const { loss, gradient } = crossEntropy(logits, labels);
    const classes = gradient.length / n;
    for (const g of gradients) g.fill(0);
    outputs.forEach((each, s) => {
      /** @type {Float64Array} */
      let dy = gradient.slice(s * classes, (s + 1) * classes);
      let at = gradients.length;
      for (let l = layers.length - 1; l >= 0; l--) {
        const { dx, dw, db } = backwardOne(
          network.layers[l],
          shapes[l],
          shapes[l + 1],
          each[l],
          each[l + 1],
          dy,
        );
        for (const part of [db, dw]) {
          if (!part) continue;
          const sum = gradients[--at];
          for (let i = 0; i < part.length; i++) sum[i] += part[i];
        }
        dy = dx;
      }
    });
    update(gradients);
    return loss;
  };
}
