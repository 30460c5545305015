/** For engines that keep channels last: a network whose activations are [n, h, w, c], with Relu joined to what it follows. */

import { shapesOf, sizeOf } from './convnet.mjs';

/** @typedef {import('./convnet.mjs').Convnet} Convnet */
/** @typedef {import('./convnet.mjs').ConvnetLayer} ConvnetLayer */

/**
 * One step; from and to are shapes of one sample, [h, w, c] or [features]. Weights are [out, kh, kw, in], or
 * [out, in] with the inputs in the order of flattened [h, w, c].
 *
 * @typedef {{ from: number[], to: number[], relu: boolean } & (
 *   | { kind: 'conv2d', weights: Float32Array, bias: Float32Array, kernel: [number, number], stride: number, padding: number }
 *   | { kind: 'dense', weights: Float32Array, bias: Float32Array }
 *   | { kind: 'maxPool2d', size: number } | { kind: 'globalAvgPool2d' } | { kind: 'flatten' } | { kind: 'relu' })} Step
 */

/**
 * [n, c, ...rest] to [n, ...rest, c].
 *
 * @param {Float32Array} values
 * @param {number[]} shape [c, ...rest]
 */
export function toChannelsLast(values, [channels, ...rest]) {
  const plane = sizeOf(rest);
  const out = new Float32Array(values.length);
  for (let from = 0; from < values.length; from += channels * plane)
    for (let c = 0; c < channels; c++)
      for (let i = 0; i < plane; i++) out[from + i * channels + c] = values[from + c * plane + i];
  return out;
}

/** @param {number[]} shape */
const lastOf = (shape) => (shape.length === 3 ? [shape[1], shape[2], shape[0]] : shape);

/** @param {ConvnetLayer} layer @param {number[]} from of the layer @param {number[]} image what was flattened before it */
function convert(layer, from, image) {
  if (layer.kind === 'conv2d')
    return { ...layer, weights: toChannelsLast(layer.weights, [from[0], ...layer.kernel]) };
  if (layer.kind === 'dense') return { ...layer, weights: toChannelsLast(layer.weights, image) };
  return layer;
}

/**
 * The steps of the network, the first for x [n, h, w, c].
 *
 * @param {Convnet} network
 * @returns {Step[]}
 */
export function channelsLastSteps(network) {
  const shapes = shapesOf(network);
  /** @type {Step[]} */
  const steps = [];
  network.layers.forEach((layer, i) => {
    const before = steps[steps.length - 1];
    if (layer.kind === 'relu' && before) {
      before.relu = true;
      return;
    }
    const image = network.layers[i - 1]?.kind === 'flatten' ? shapes[i - 1] : shapes[i];
    const [from, to] = [lastOf(shapes[i]), lastOf(shapes[i + 1])];
    steps.push(/** @type {Step} */ ({ relu: false, ...convert(layer, shapes[i], image), from, to }));
  });
  return steps;
}
