/** Writes a multilayer perceptron as a TFLite model: FULLY_CONNECTED operators with a fused Relu. */

import { tfliteModel } from './tfliteBuilder.mjs';
import { fullyConnected } from './tfliteOperators.mjs';

/** @typedef {import('./onnxMlp.mjs').DenseLayer} DenseLayer */

/**
 * A TFLite model of dense layers, its batch fixed.
 *
 * Input `x` [batch, inFeatures], output `y` [batch, outFeatures]: float32.
 *
 * @param {DenseLayer[]} layers
 * @param {number} batch
 * @returns {Uint8Array}
 */
export function tfliteMlp(layers, batch) {
  const first = layers[0];
  if (!first) throw new RangeError('tfliteMlp: layers must not be empty, got 0');
  /** @type {import('./tfliteBuilder.mjs').Tensor[]} */
  const tensors = [{ name: 'x', shape: [batch, first.inFeatures] }];
  const operators = [];
  let output = 0;
  for (const [i, { weight, bias, outFeatures, inFeatures, relu }] of layers.entries()) {
    const at = tensors.length;
    const name = i === layers.length - 1 ? 'y' : `h${i}`;
    tensors.push({ name: `w${i}`, shape: [outFeatures, inFeatures], data: weight });
    tensors.push({ name: `b${i}`, shape: [outFeatures], data: bias });
    tensors.push({ name, shape: [batch, outFeatures] });
    operators.push(fullyConnected([output, at, at + 1], at + 2, relu));
    output = at + 2;
  }
  return tfliteModel(tensors, operators);
}
