/** What JavaScript does without an engine: training in plain loops over typed arrays. */

import { adam } from './adam.mjs';
import { channelsLastSteps } from './channelsLast.mjs';
import { sizeOf } from './convnet.mjs';
import { plainLayer } from './plainLayers.mjs';
import { crossEntropy } from './reference.mjs';

/**
 * A trainer in plain loops: softmax cross-entropy, Adam (0.9, 0.999, 1e-8), float32 arrays.
 *
 * @param {import('./convnet.mjs').Convnet} network the start, left untouched
 * @param {{ batchSize: number, learningRate: number }} options
 */
export async function createPlainTrainer(network, { batchSize: n, learningRate }) {
  const copies = channelsLastSteps(network).map((step) =>
    'weights' in step ? { ...step, weights: step.weights.slice(), bias: step.bias.slice() } : step,
  );
  const layers = copies.map((step) => plainLayer(step, n));
  const outputs = layers.map((layer) => new Float32Array(n * layer.outputs));
  const slopes = outputs.map((y) => new Float32Array(y.length));
  const gradients = layers.flatMap((layer) => layer.gradients);
  const update = adam(
    layers.flatMap(({ parameters }) => parameters),
    learningRate,
  );
  const last = layers.length - 1;

  return {
    name: 'plain loops',
    version: process.version,
    channelsLast: true,

    /**
     * @param {Float32Array} x [n, h, w, c]
     * @param {ArrayLike<number>} labels
     * @returns {number} the loss before the update
     */
    step(x, labels) {
      if (x.length !== n * sizeOf(network.inputShape))
        throw new RangeError(`step: x must be ${n} samples, got ${x.length} values`);
      const inputs = [x, ...outputs];
      layers.forEach((layer, l) => {
        layer.forward(outputs[l], inputs[l]);
      });
      const { loss, gradient } = crossEntropy(outputs[last], labels);
      for (const values of [...gradients, ...slopes]) values.fill(0);
      slopes[last].set(gradient);
      for (let l = last; l >= 0; l--)
        layers[l].backward(l > 0 ? slopes[l - 1] : undefined, slopes[l], inputs[l], outputs[l]);
      update(gradients);
      return loss;
    },

    dispose() {},
  };
}
