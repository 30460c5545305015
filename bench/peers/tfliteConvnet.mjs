/** Writes a convolutional network as a TFLite model. */

import { channelsLastSteps } from './channelsLast.mjs';
import { isPointwise } from './convnet.mjs';
import { tfliteModel } from './tfliteBuilder.mjs';
import * as operators from './tfliteOperators.mjs';

/** @typedef {import('./channelsLast.mjs').Step} Step */
/** @typedef {import('./tfliteBuilder.mjs').Tensor} Tensor */

const SPARSE_FROM = 2 / 3; // share of zeros: XNNPACK's own rule

/** @param {Float32Array} weights @param {number} columns */
function compress(weights, columns) {
  const rows = { segments: [0], indices: /** @type {number[]} */ ([]) };
  weights.forEach((value, i) => {
    if (value !== 0) rows.indices.push(i % columns);
    if (i % columns === columns - 1) rows.segments.push(rows.indices.length);
  });
  return { rows, data: weights.filter((value) => value !== 0) };
}

/** @param {Float32Array} weights */
const zerosOf = (weights) => weights.reduce((n, value) => n + (value === 0 ? 1 : 0), 0) / weights.length;

/** A model while it is written. */
class Writer {
  /** @type {Tensor[]} */
  tensors = [];
  /** @type {import('./tfliteBuilder.mjs').Operator[]} */
  steps = [];

  /** @param {number[]} shape @param {Tensor['data']} [data] @param {Partial<Tensor>} [more] @returns {number} its index */
  tensor(shape, data, more) {
    const name = `t${this.tensors.length}`;
    return this.tensors.push({ name, shape, ...(data && { data }), ...more }) - 1;
  }

  /** Filter of a convolution: sparse behind a DENSIFY where that pays. @param {Extract<Step, { kind: 'conv2d' }>} step @param {boolean} sparse */
  filter({ weights, bias, kernel, from, ...rest }, sparse) {
    const shape = [bias.length, ...kernel, from[2]];
    const pointwise = isPointwise({ ...rest, weights, bias, kernel });
    if (!sparse || !pointwise || zerosOf(weights) <= SPARSE_FROM) return this.tensor(shape, weights);
    const { rows, data } = compress(weights, from[2]);
    const dense = this.tensor(shape);
    this.steps.push(operators.densify(this.tensor(shape, data, { rows }), dense));
    return dense;
  }

  /** @param {Step} step @param {number} input @param {number} n @param {boolean} sparse @returns {number} its output */
  add(step, input, n, sparse) {
    const { kind, from, to, relu } = step;
    switch (kind) {
      case 'conv2d': {
        const w = this.filter(step, sparse);
        const b = this.tensor([to[2]], step.bias);
        const x = step.padding > 0 ? this.padded(input, step.padding, n, from) : input;
        const y = this.tensor([n, ...to]);
        this.steps.push(operators.conv2d([x, w, b], y, step.stride, relu));
        return y;
      }
      case 'dense': {
        const inputs = [input, this.tensor([to[0], from[0]], step.weights), this.tensor(to, step.bias)];
        const y = this.tensor([n, ...to]);
        this.steps.push(operators.fullyConnected(inputs, y, relu));
        return y;
      }
      case 'maxPool2d':
        return this.push((y) => operators.maxPool2d(input, y, step.size), [n, ...to]);
      case 'globalAvgPool2d': {
        const axes = this.tensor([2], Int32Array.of(1, 2));
        return this.push((y) => operators.mean(input, axes, y), [n, ...to]);
      }
      case 'flatten': {
        const shape = this.tensor([2], Int32Array.of(n, ...to));
        return this.push((y) => operators.reshape(input, shape, y), [n, ...to]);
      }
      case 'relu':
        return this.push((y) => operators.relu(input, y), [n, ...to]);
    }
  }

  /** @param {(output: number) => import('./tfliteBuilder.mjs').Operator} operator @param {number[]} shape */
  push(operator, shape) {
    const y = this.tensor(shape);
    this.steps.push(operator(y));
    return y;
  }

  /** @param {number} input @param {number} by @param {number} n @param {number[]} from */
  padded(input, by, n, [height, width, channels]) {
    const paddings = this.tensor([4, 2], Int32Array.of(0, 0, by, by, by, by, 0, 0));
    return this.push(
      (y) => operators.pad(input, paddings, y),
      [n, height + 2 * by, width + 2 * by, channels],
    );
  }
}

/**
 * A TFLite model of the network, its batch fixed: input [batch, h, w, c], float32. TFLite pads less on one side than
 * on the other; equal padding is an operator PAD, which XNNPACK joins to the convolution.
 *
 * With `sparse`, 1 x 1 convolutions of more than two thirds zeros are stored in compressed rows. XNNPACK then runs
 * them sparse, if they stand between a 3 x 3 convolution of three channels with stride 2 and a mean over the image.
 *
 * @param {import('./convnet.mjs').Convnet} network
 * @param {number} batch
 * @param {{ sparse?: boolean }} [options]
 * @returns {Uint8Array}
 */
export function tfliteConvnet(network, batch, { sparse = true } = {}) {
  const writer = new Writer();
  const [channels, height, width] = network.inputShape;
  let output = writer.tensor([batch, height, width, channels]);
  for (const step of channelsLastSteps(network)) output = writer.add(step, output, batch, sparse);
  return tfliteModel(writer.tensors, writer.steps);
}
