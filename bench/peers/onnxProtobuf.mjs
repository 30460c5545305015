/** Writes ONNX models: just enough protobuf, no dependency. Field numbers are those of onnx/onnx.proto. */

const IR_VERSION = 8;
const OPSET = 17;
const FLOAT = 1; // TensorProto.DataType
const ATTRIBUTE_INT = 2; // AttributeProto.AttributeType
const ATTRIBUTE_INTS = 7;

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
export function tensor(name, dims, data) {
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
export function node(op, inputs, output, ...attributes) {
  return concat([
    ...inputs.map((input) => text(1, input)),
    text(2, output),
    text(3, `${op}_${output}`),
    text(4, op),
    ...attributes.map((attribute) => bytes(5, attribute)),
  ]);
}

/** AttributeProto: name 1, i 3, type 20. @param {string} name @param {number} value */
export const intAttribute = (name, value) => concat([text(1, name), int(3, value), int(20, ATTRIBUTE_INT)]);

/** AttributeProto: name 1, ints 8, type 20. @param {string} name @param {number[]} values */
export const intsAttribute = (name, values) =>
  concat([text(1, name), ...values.map((value) => int(8, value)), int(20, ATTRIBUTE_INTS)]);

/** ValueInfoProto of a float32 [N, ...shape], N left to each run. @param {string} name @param {number[]} shape */
function value(name, shape) {
  const dims = [bytes(1, text(2, 'N')), ...shape.map((size) => bytes(1, int(1, size)))];
  return concat([text(1, name), bytes(2, bytes(1, int(1, FLOAT), bytes(2, concat(dims))))]);
}

/**
 * ModelProto (IR 8, opset 17) with the one graph of `nodes` over `weights`.
 *
 * Input `x` [N, ...inputShape], output `y` [N, ...outputShape]: float32, N dynamic.
 *
 * @param {{ name: string, nodes: Uint8Array[], weights: Uint8Array[], inputShape: number[], outputShape: number[] }} graph
 * @returns {Uint8Array}
 */
export function model({ name, nodes, weights, inputShape, outputShape }) {
  const graph = concat([
    ...nodes.map((each) => bytes(1, each)),
    text(2, name),
    ...weights.map((each) => bytes(5, each)),
    bytes(11, value('x', inputShape)),
    bytes(12, value('y', outputShape)),
  ]);
  const opset = concat([text(1, ''), int(2, OPSET)]);
  return concat([int(1, IR_VERSION), text(2, 'espalier'), bytes(7, graph), bytes(8, opset)]);
}
