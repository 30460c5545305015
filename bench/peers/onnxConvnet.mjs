/** Writes a convolutional network as an ONNX model. */

import { outputShapeOf, shapesOf } from './convnet.mjs';
import { intAttribute, intsAttribute, model, node, tensor } from './onnxProtobuf.mjs';

/** @typedef {import('./convnet.mjs').ConvnetLayer} ConvnetLayer */

/**
 * The nodes and weights of one layer.
 *
 * @param {ConvnetLayer} layer
 * @param {string} input
 * @param {string} output
 * @param {number[]} from shape of a sample of the input
 * @returns {{ nodes: Uint8Array[], weights?: Uint8Array[] }}
 */
function lower(layer, input, output, from) {
  const [w, b] = [`w_${output}`, `b_${output}`];
  switch (layer.kind) {
    case 'conv2d': {
      const { weights, bias, kernel, stride, padding } = layer;
      const attributes = [
        intsAttribute('kernel_shape', kernel),
        intsAttribute('strides', [stride, stride]),
        intsAttribute('pads', [padding, padding, padding, padding]),
      ];
      return {
        nodes: [node('Conv', [input, w, b], output, ...attributes)],
        weights: [tensor(w, [bias.length, from[0], ...kernel], weights), tensor(b, [bias.length], bias)],
      };
    }
    case 'dense': {
      const { weights, bias, relu } = layer;
      const sum = relu ? `z_${output}` : output;
      const gemm = node('Gemm', [input, w, b], sum, intAttribute('transB', 1));
      return {
        nodes: relu ? [gemm, node('Relu', [sum], output)] : [gemm],
        weights: [tensor(w, [bias.length, from[0]], weights), tensor(b, [bias.length], bias)],
      };
    }
    case 'maxPool2d': {
      const window = [layer.size, layer.size];
      const attributes = [intsAttribute('kernel_shape', window), intsAttribute('strides', window)];
      return { nodes: [node('MaxPool', [input], output, ...attributes)] };
    }
    case 'globalAvgPool2d': {
      const mean = node('GlobalAveragePool', [input], `m_${output}`);
      return { nodes: [mean, node('Flatten', [`m_${output}`], output)] };
    }
    case 'flatten':
      return { nodes: [node('Flatten', [input], output)] };
    case 'relu':
      return { nodes: [node('Relu', [input], output)] };
  }
}

/**
 * An ONNX model of the network: one node a layer, Relu and Flatten in nodes of their own.
 *
 * @param {import('./convnet.mjs').Convnet} network
 * @returns {Uint8Array}
 */
export function onnxConvnet(network) {
  const shapes = shapesOf(network);
  const nameOf = (/** @type {number} */ i) => (i === 0 ? 'x' : i === network.layers.length ? 'y' : `h${i}`);
  const parts = network.layers.map((layer, i) => lower(layer, nameOf(i), nameOf(i + 1), shapes[i]));
  return model({
    name: 'convnet',
    nodes: parts.flatMap(({ nodes }) => nodes),
    weights: parts.flatMap(({ weights = [] }) => weights),
    inputShape: network.inputShape,
    outputShape: outputShapeOf(network),
  });
}
