/** Writes a multilayer perceptron as a TFLite model: FULLY_CONNECTED operators with a fused Relu. */

import { Builder } from 'flatbuffers';

const VERSION = 3;
const FULLY_CONNECTED = 9; // BuiltinOperator
const FULLY_CONNECTED_OPTIONS = 8; // BuiltinOptions
const RELU = 1; // ActivationFunctionType
const ALIGNMENT = 16; // of a Buffer's data

/** @typedef {import('./onnxMlp.mjs').DenseLayer} DenseLayer */
/** @typedef {{ name: string, shape: number[], data?: Float32Array }} Tensor */

/** @param {Builder} fb @param {number[]} offsets of tables */
function tables(fb, offsets) {
  fb.startVector(4, offsets.length, 4);
  for (const offset of [...offsets].reverse()) fb.addOffset(offset);
  return fb.endVector();
}

/** @param {Builder} fb @param {number[]} values int32 */
function ints(fb, values) {
  fb.startVector(4, values.length, 4);
  for (const value of [...values].reverse()) fb.addInt32(value);
  return fb.endVector();
}

/** Buffer: data 0. @param {Builder} fb @param {Float32Array} [data] */
function buffer(fb, data) {
  let content = 0;
  if (data) {
    fb.startVector(1, data.byteLength, ALIGNMENT);
    for (let i = data.length - 1; i >= 0; i--) fb.addFloat32(data[i]);
    content = fb.endVector();
  }
  fb.startObject(1);
  fb.addFieldOffset(0, content, 0);
  return fb.endObject();
}

/** Tensor: shape 0, type 1 (FLOAT32 by default), buffer 2, name 3. @param {Builder} fb @param {Tensor} tensor @param {number} at index of its buffer */
function tensor(fb, { name, shape }, at) {
  const dims = ints(fb, shape);
  const label = fb.createString(name);
  fb.startObject(4);
  fb.addFieldOffset(0, dims, 0);
  fb.addFieldInt32(2, at, 0);
  fb.addFieldOffset(3, label, 0);
  return fb.endObject();
}

/** Operator: inputs 1, outputs 2, builtin_options 3 (type) and 4 (FullyConnectedOptions: activation 0). @param {Builder} fb @param {number[]} inputs @param {number} output @param {boolean} relu */
function fullyConnected(fb, inputs, output, relu) {
  const from = ints(fb, inputs);
  const to = ints(fb, [output]);
  fb.startObject(1);
  fb.addFieldInt8(0, relu ? RELU : 0, 0);
  const options = fb.endObject();
  fb.startObject(5);
  fb.addFieldOffset(1, from, 0);
  fb.addFieldOffset(2, to, 0);
  fb.addFieldInt8(3, FULLY_CONNECTED_OPTIONS, 0);
  fb.addFieldOffset(4, options, 0);
  return fb.endObject();
}

/** OperatorCode: deprecated_builtin_code 0, version 2 (1 by default), builtin_code 3. @param {Builder} fb */
function operatorCode(fb) {
  fb.startObject(4);
  fb.addFieldInt8(0, FULLY_CONNECTED, 0);
  fb.addFieldInt32(3, FULLY_CONNECTED, 0);
  return fb.endObject();
}

/** SubGraph: tensors 0, inputs 1, outputs 2, operators 3, name 4. @param {Builder} fb @param {number[]} tensors @param {number[]} operators @param {number} output */
function subgraph(fb, tensors, operators, output) {
  const name = fb.createString('mlp');
  const fields = [tables(fb, tensors), ints(fb, [0]), ints(fb, [output]), tables(fb, operators), name];
  fb.startObject(5);
  for (const [at, field] of fields.entries()) fb.addFieldOffset(at, field, 0);
  return fb.endObject();
}

/**
 * A TFLite model (schema version 3) of dense layers, its batch fixed.
 *
 * Input `x` [batch, inFeatures], output `y` [batch, outFeatures]: float32.
 * Field numbers are those of tensorflow/lite/schema/schema.fbs.
 *
 * @param {DenseLayer[]} layers
 * @param {number} batch
 * @returns {Uint8Array}
 */
export function tfliteMlp(layers, batch) {
  const first = layers[0];
  if (!first) throw new RangeError('tfliteMlp: layers must not be empty, got 0');
  const fb = new Builder(1 << 20);

  /** @type {Tensor[]} */
  const list = [{ name: 'x', shape: [batch, first.inFeatures] }];
  const operators = [];
  let output = 0;
  for (const [i, { weight, bias, outFeatures, inFeatures, relu }] of layers.entries()) {
    const at = list.length;
    const name = i === layers.length - 1 ? 'y' : `h${i}`;
    list.push({ name: `w${i}`, shape: [outFeatures, inFeatures], data: weight });
    list.push({ name: `b${i}`, shape: [outFeatures], data: bias });
    list.push({ name, shape: [batch, outFeatures] });
    operators.push(fullyConnected(fb, [output, at, at + 1], at + 2, relu));
    output = at + 2;
  }

  // Buffer 0 is the empty one, for tensors without constant content.
  const constants = list.filter(({ data }) => data);
  const buffers = [buffer(fb), ...constants.map(({ data }) => buffer(fb, data))];
  const tensors = list.map((each) => tensor(fb, each, constants.indexOf(each) + 1));
  const codes = tables(fb, [operatorCode(fb)]);
  const graphs = tables(fb, [subgraph(fb, tensors, operators, output)]);
  const content = tables(fb, buffers);

  // Model: version 0, operator_codes 1, subgraphs 2, buffers 4.
  fb.startObject(5);
  fb.addFieldInt32(0, VERSION, 0);
  fb.addFieldOffset(1, codes, 0);
  fb.addFieldOffset(2, graphs, 0);
  fb.addFieldOffset(4, content, 0);
  fb.finish(fb.endObject(), 'TFL3');
  return fb.asUint8Array();
}
