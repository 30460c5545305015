/** Writes a multilayer perceptron as an ONNX model: just enough protobuf, no dependency. */

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

const IR_VERSION = 8;
const OPSET = 17;
const FLOAT = 1; // TensorProto.DataType
const ATTRIBUTE_INT = 2; // AttributeProto.AttributeType

const utf8 = new TextEncoder();

/** @param {number} value non-negative integer @returns {number[]} base-128, low group first */
function varint(value) {
  const bytes = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
  bytes.push(value);
  return bytes;
}

/** @param {Iterable<Uint8Array | number[]>} parts */
function concat(parts) {
  const list = [...parts];
  const bytes = new Uint8Array(list.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of list) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

/** @param {number} field @param {number} value */
const int = (field, value) => concat([varint(field * 8), varint(value)]);

/** @param {number} field @param {...Uint8Array} content a submessage's fields, or raw bytes */
function bytes(field, ...content) {
  const length = content.reduce((sum, part) => sum + part.length, 0);
  return concat([varint(field * 8 + 2), varint(length), ...content]);
}

/** @param {number} field @param {string} value */
const text = (field, value) => bytes(field, utf8.encode(value));

/** TensorProto: dims 1, data_type 2, name 8, raw_data 9. @param {string} name @param {number[]} dims @param {Float32Array} data */
function tensor(name, dims, data) {
  const raw = new DataView(new ArrayBuffer(data.length * 4));
  data.forEach((value, i) => {
    raw.setFloat32(i * 4, value, true);
  });
  return concat([
    ...dims.map((dim) => int(1, dim)),
    int(2, FLOAT),
    text(8, name),
    bytes(9, new Uint8Array(raw.buffer)),
  ]);
}

/** NodeProto: input 1, output 2, name 3, op_type 4, attribute 5. @param {string} op @param {string[]} inputs @param {string} output @param {...Uint8Array} attributes */
function node(op, inputs, output, ...attributes) {
  return concat([
    ...inputs.map((input) => text(1, input)),
    text(2, output),
    text(3, `${op}_${output}`),
    text(4, op),
    ...attributes.map((attribute) => bytes(5, attribute)),
  ]);
}

/** AttributeProto: name 1, i 3, type 20. @param {string} name @param {number} value */
const intAttribute = (name, value) => concat([text(1, name), int(3, value), int(20, ATTRIBUTE_INT)]);

/** ValueInfoProto of a float32 [N, features], N left to each run. @param {string} name @param {number} features */
function value(name, features) {
  const shape = concat([bytes(1, text(2, 'N')), bytes(1, int(1, features))]);
  return concat([text(1, name), bytes(2, bytes(1, int(1, FLOAT), bytes(2, shape)))]);
}

/**
 * An ONNX model (IR 8, opset 17) of dense layers: one Gemm (transB = 1) each, then Relu where asked.
 *
 * Input `x` [N, inFeatures], output `y` [N, outFeatures]: float32, N dynamic.
 * Field numbers are those of onnx/onnx.proto.
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

  const graph = concat([
    ...nodes.map((each) => bytes(1, each)),
    text(2, 'mlp'),
    ...weights.map((each) => bytes(5, each)),
    bytes(11, value('x', first.inFeatures)),
    bytes(12, value('y', last.outFeatures)),
  ]);
  const opset = concat([text(1, ''), int(2, OPSET)]);
  return concat([int(1, IR_VERSION), text(2, 'espalier'), bytes(7, graph), bytes(8, opset)]);
}
