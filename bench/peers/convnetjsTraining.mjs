/** ConvNetJS as a peer: training in plain JavaScript, a sample at a time, float64. */

// @ts-expect-error: without types
import convnetjs from 'convnetjs';
import { adam } from './adam.mjs';
import { channelsLastSteps } from './channelsLast.mjs';
import { sizeOf } from './convnet.mjs';
import { installedVersion } from './packages.mjs';

const NAME = 'convnetjs';

/** @typedef {import('./channelsLast.mjs').Step} Step */

/** Definitions as `makeLayers` takes them. @param {Step} step @param {boolean} last @returns {object[]} */
function definitionsOf(step, last) {
  const activation = step.relu ? { activation: 'relu' } : {};
  if (step.kind === 'flatten') return [];
  if (step.kind === 'maxPool2d') return [{ type: 'pool', sx: step.size, stride: step.size }];
  if (step.kind === 'conv2d') {
    const { bias, kernel, stride, padding: pad } = step;
    return [{ type: 'conv', sx: kernel[1], sy: kernel[0], filters: bias.length, stride, pad, ...activation }];
  }
  if (step.kind === 'dense')
    return last
      ? [{ type: 'softmax', num_classes: step.bias.length }] // brings the dense layer before it
      : [{ type: 'fc', num_neurons: step.bias.length, ...activation }];
  throw new RangeError(`createConvnetjsTrainer: no such layer in ConvNetJS, got ${step.kind}`);
}

/** Its layers' filters are volumes [h, w, c], in the order of ours. @param {any} layer @param {Step & { weights: Float32Array, bias: Float32Array }} step */
function setWeights(layer, { weights, bias }) {
  const size = weights.length / bias.length;
  layer.filters.forEach((/** @type {any} */ filter, /** @type {number} */ o) => {
    filter.w.set(weights.subarray(o * size, (o + 1) * size));
  });
  layer.biases.w.set(bias);
}

/**
 * A trainer by ConvNetJS: forward and backward are its own, summed over the batch. Its package has no Adam (SGD,
 * Adagrad, Adadelta), so the update is a plain loop, 1 % of a step.
 *
 * @param {import('./convnet.mjs').Convnet} network the start
 * @param {{ batchSize: number, learningRate: number }} options
 */
export async function createConvnetjsTrainer(network, { batchSize, learningRate }) {
  const [channels, height, width] = network.inputShape;
  const steps = channelsLastSteps(network);
  const net = new convnetjs.Net();
  net.makeLayers([
    { type: 'input', out_sx: width, out_sy: height, out_depth: channels },
    ...steps.flatMap((step, i) => definitionsOf(step, i === steps.length - 1)),
  ]);
  const weighted = steps.filter((step) => 'weights' in step);
  const trained = net.layers.filter((/** @type {any} */ layer) => layer.filters);
  weighted.forEach((step, i) => {
    setWeights(trained[i], step);
  });
  /** @type {{ params: Float64Array, grads: Float64Array }[]} */
  const pairs = net.getParamsAndGrads();
  const gradients = pairs.map(({ grads }) => grads);
  const update = adam(
    pairs.map(({ params }) => params),
    learningRate,
  );
  const volume = new convnetjs.Vol(width, height, channels, 0);
  const size = sizeOf(network.inputShape);

  return {
    name: NAME,
    version: installedVersion(NAME),
    channelsLast: true,

    /**
     * @param {Float32Array} x [batchSize, h, w, c]
     * @param {ArrayLike<number>} labels
     * @returns {number} the loss before the update
     */
    step(x, labels) {
      let loss = 0;
      for (let s = 0; s < batchSize; s++) {
        volume.w.set(x.subarray(s * size, (s + 1) * size));
        net.forward(volume, true);
        loss += net.backward(labels[s]) / batchSize;
      }
      for (const g of gradients) for (let i = 0; i < g.length; i++) g[i] /= batchSize;
      update(gradients);
      for (const g of gradients) g.fill(0);
      return loss;
    },

    dispose() {},
  };
}
