/** Convolutional networks as data: what every adapter understands, and the networks that are measured. */

import { uniform } from './reference.mjs';

/**
 * One layer. Weights are float32 and row-major, conv2d's as [out, in, kernel height, kernel width] and dense's as
 * [out, in]; padding is the same on all four sides; maxPool2d has a stride of its size.
 *
 * @typedef {{ kind: 'conv2d', weights: Float32Array, bias: Float32Array, kernel: [number, number], stride: number, padding: number }
 *   | { kind: 'maxPool2d', size: number } | { kind: 'relu' } | { kind: 'flatten' } | { kind: 'globalAvgPool2d' }
 *   | { kind: 'dense', weights: Float32Array, bias: Float32Array, relu: boolean }} ConvnetLayer
 */
/** @typedef {{ inputShape: number[], layers: ConvnetLayer[] }} Convnet inputShape: [channels, height, width] */

/** @param {number[]} shape */
export const sizeOf = (shape) => shape.reduce((product, size) => product * size, 1);

/** @param {ConvnetLayer} layer @param {number[]} shape of one sample @returns {number[]} */
function outputShape(layer, shape) {
  const [channels, height, width] = shape;
  switch (layer.kind) {
    case 'conv2d': {
      const { bias, kernel, stride, padding } = layer;
      const steps = (/** @type {number} */ size, /** @type {number} */ k) =>
        Math.floor((size + 2 * padding - k) / stride) + 1;
      return [bias.length, steps(height, kernel[0]), steps(width, kernel[1])];
    }
    case 'maxPool2d':
      return [channels, Math.floor(height / layer.size), Math.floor(width / layer.size)];
    case 'globalAvgPool2d':
      return [channels];
    case 'dense':
      return [layer.bias.length];
    case 'flatten':
      return [sizeOf(shape)];
    case 'relu':
      return shape;
  }
}

/**
 * Shapes of one sample: the input's, then each layer's output.
 *
 * @param {Convnet} network
 */
export function shapesOf({ inputShape, layers }) {
  const shapes = [inputShape];
  for (const layer of layers) shapes.push(outputShape(layer, shapes[shapes.length - 1]));
  return shapes;
}

/** @param {Convnet} network @returns {number[]} of one sample */
export const outputShapeOf = (network) => shapesOf(network)[network.layers.length];

/** He-uniform weights, small biases. @param {() => number} random @param {number} outputs @param {number} fanIn */
function parameters(random, outputs, fanIn) {
  const bound = Math.sqrt(6 / fanIn);
  return {
    weights: Float32Array.from({ length: outputs * fanIn }, () => random() * bound),
    bias: Float32Array.from({ length: outputs }, () => random() * 0.1),
  };
}

/** @param {() => number} random @param {number} channels @param {number} filters @param {number} kernel @param {{ stride?: number, padding?: number }} [options] @returns {ConvnetLayer} */
function conv2d(random, channels, filters, kernel, { stride = 1, padding = 0 } = {}) {
  const { weights, bias } = parameters(random, filters, channels * kernel * kernel);
  return { kind: 'conv2d', weights, bias, kernel: [kernel, kernel], stride, padding };
}

/** @param {() => number} random @param {number} inputs @param {number} outputs @param {boolean} relu @returns {ConvnetLayer} */
const dense = (random, inputs, outputs, relu) => ({
  kind: 'dense',
  ...parameters(random, outputs, inputs),
  relu,
});

/**
 * LeNet-5 in the form of Caffe's examples/mnist/lenet.prototxt, that pruning papers use (431,080 parameters):
 * no activation behind the convolutions. Input [1, 28, 28], ten logits.
 *
 * @param {number} seed
 * @returns {Convnet}
 */
export function lenet5(seed) {
  const random = uniform(seed);
  return {
    inputShape: [1, 28, 28],
    layers: [
      conv2d(random, 1, 20, 5),
      { kind: 'maxPool2d', size: 2 },
      conv2d(random, 20, 50, 5),
      { kind: 'maxPool2d', size: 2 },
      { kind: 'flatten' },
      dense(random, 800, 500, true),
      dense(random, 500, 10, false),
    ],
  };
}

/**
 * A 3 x 3 stem with stride 2, then 1 x 1 convolutions on half the resolution, and the mean over the image: the
 * one kind of graph that XNNPACK runs sparse. Input [3, size, size], `width` means.
 *
 * @param {number} seed
 * @param {{ size?: number, width?: number, depth?: number }} [shape]
 * @returns {Convnet}
 */
export function pointwiseChain(seed, { size = 28, width = 512, depth = 4 } = {}) {
  const random = uniform(seed);
  const chain = Array.from({ length: depth }, () => [
    conv2d(random, width, width, 1),
    /** @type {ConvnetLayer} */ ({ kind: 'relu' }),
  ]);
  return {
    inputShape: [3, size, size],
    layers: [
      conv2d(random, 3, width, 3, { stride: 2, padding: 1 }),
      { kind: 'relu' },
      ...chain.flat(),
      { kind: 'globalAvgPool2d' },
    ],
  };
}

/**
 * A small network of what the others lack: padding on both strides, Relu, several channels flattened. Input [3, 12, 8].
 *
 * @param {number} seed
 * @returns {Convnet}
 */
export function paddedNetwork(seed) {
  const random = uniform(seed);
  return {
    inputShape: [3, 12, 8],
    layers: [
      conv2d(random, 3, 8, 3, { padding: 1 }),
      { kind: 'relu' },
      { kind: 'maxPool2d', size: 2 },
      conv2d(random, 8, 6, 3, { stride: 2, padding: 1 }),
      { kind: 'relu' },
      { kind: 'flatten' },
      dense(random, 36, 10, false),
    ],
  };
}

/**
 * The same network with a share of its weights set to zero, at random: of all of them, or of one kind of layer.
 *
 * @param {Convnet} network left untouched
 * @param {number} sparsity 0 to 1
 * @param {number} seed
 * @param {(layer: ConvnetLayer) => boolean} [prunes] the layers to prune, by default all
 * @returns {Convnet}
 */
export function withZeroWeights(network, sparsity, seed, prunes = () => true) {
  const random = uniform(seed);
  const keeps = () => (random() + 1) / 2 >= sparsity;
  const layers = network.layers.map((layer) =>
    'weights' in layer && prunes(layer)
      ? { ...layer, weights: layer.weights.map((value) => (keeps() ? value : 0)) }
      : layer,
  );
  return { ...network, layers };
}

/** True for a 1 x 1 convolution. @param {ConvnetLayer} layer */
export const isPointwise = (layer) =>
  layer.kind === 'conv2d' && layer.kernel[0] === 1 && layer.kernel[1] === 1 && layer.stride === 1;
