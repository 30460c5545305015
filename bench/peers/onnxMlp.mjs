/** Writes a multilayer perceptron as an ONNX model. */

import { intAttribute, model, node, tensor } from './onnxProtobuf.mjs';

/**
 * One dense layer, y = relu?(W · x + b).
 *
 * @typedef {object} DenseLayer
 * @property {Float32Array} weight [outFeatures, inFeatures], row-major
 * @property {Float32Array} bias [outFeatures]
 * @property {number} outFeatures
 * @property {number} inFeatures
 * @property {boolean} relu
 */

/**
 * An ONNX model (IR 8, opset 17) of dense layers: one Gemm (transB = 1) each, then Relu where asked.
 *
 * Input `x` [N, inFeatures], output `y` [N, outFeatures]: float32, N dynamic.
 *
 * @param {DenseLayer[]} layers
 * @returns {Uint8Array}
 */
export function onnxMlp(layers) {
  const first = layers[0];
  const last = layers[layers.length - 1];
  if (!first || !last) throw new RangeError('onnxMlp: layers must not be empty, got 0');

  const nodes = [];
  const weights = [];
  let input = 'x';
  for (const [i, layer] of layers.entries()) {
    const output = layer === last ? 'y' : `h${i}`;
    const sum = layer.relu ? `z${i}` : output;
    nodes.push(node('Gemm', [input, `w${i}`, `b${i}`], sum, intAttribute('transB', 1)));
    if (layer.relu) nodes.push(node('Relu', [sum], output));
    weights.push(tensor(`w${i}`, [layer.outFeatures, layer.inFeatures], layer.weight));
    weights.push(tensor(`b${i}`, [layer.outFeatures], layer.bias));
    input = output;
  }

  return model({
    name: 'mlp',
    nodes,
    weights,
    inputShape: [first.inFeatures],
    outputShape: [last.outFeatures],
  });
}
