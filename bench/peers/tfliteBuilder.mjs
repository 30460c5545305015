/** Writes TFLite models (schema version 3). Field numbers are those of tensorflow/lite/schema/schema.fbs. */

import { Builder } from 'flatbuffers';

const VERSION = 3;
const ALIGNMENT = 16; // of a Buffer's data
const INT32 = 2; // TensorType
const SPARSE_CSR = 1; // DimensionType
const INT32_VECTOR = 1; // SparseIndexVector

/** A matrix in compressed rows. @typedef {{ segments: number[], indices: number[] }} Rows */

/**
 * A tensor: constant if it has data, which are then the values of `rows` if it has those: the last dimension is sparse, the
 * first dense, and those between are 1.
 *
 * @typedef {{ name: string, shape: number[], data?: Float32Array | Int32Array, rows?: Rows }} Tensor
 */

/**
 * An operator: its BuiltinOperator and type of BuiltinOptions, and what writes their fields.
 *
 * @typedef {object} Operator
 * @property {number} code
 * @property {number} optionsType
 * @property {(fb: Builder) => void} [options] writes the fields of the options' table
 * @property {number[]} inputs indices of tensors
 * @property {number} output
 */

/** @param {Builder} fb @param {number[]} offsets of tables */
function tables(fb, offsets) {
  fb.startVector(4, offsets.length, 4);
  for (const offset of [...offsets].reverse()) fb.addOffset(offset);
  return fb.endVector();
}

/** @param {Builder} fb @param {number[]} values int32 */
function ints(fb, values) {
  fb.startVector(4, values.length, 4);
  for (let i = values.length - 1; i >= 0; i--) fb.addInt32(values[i]);
  return fb.endVector();
}

/** Buffer: data 0. @param {Builder} fb @param {Tensor['data']} [data] */
function buffer(fb, data) {
  let content = 0;
  if (data) {
    fb.startVector(1, data.byteLength, ALIGNMENT);
    for (let i = data.length - 1; i >= 0; i--)
      if (data instanceof Int32Array) fb.addInt32(data[i]);
      else fb.addFloat32(data[i]);
    content = fb.endVector();
  }
  fb.startObject(1);
  fb.addFieldOffset(0, content, 0);
  return fb.endObject();
}

/** Int32Vector: values 0. @param {Builder} fb @param {number[]} values */
function int32Vector(fb, values) {
  const content = ints(fb, values);
  fb.startObject(1);
  fb.addFieldOffset(0, content, 0);
  return fb.endObject();
}

/** DimensionMetadata: format 0, dense_size 1, array_segments 2 (type) and 3, array_indices 4 (type) and 5. @param {Builder} fb @param {number | Rows} dimension */
function dimension(fb, dimension) {
  if (typeof dimension === 'number') {
    fb.startObject(6);
    fb.addFieldInt32(1, dimension, 0);
    return fb.endObject();
  }
  const segments = int32Vector(fb, dimension.segments);
  const indices = int32Vector(fb, dimension.indices);
  fb.startObject(6);
  fb.addFieldInt8(0, SPARSE_CSR, 0);
  fb.addFieldInt8(2, INT32_VECTOR, 0);
  fb.addFieldOffset(3, segments, 0);
  fb.addFieldInt8(4, INT32_VECTOR, 0);
  fb.addFieldOffset(5, indices, 0);
  return fb.endObject();
}

/** SparsityParameters: traversal_order 0, dim_metadata 2. @param {Builder} fb @param {number[]} shape @param {Rows} rows */
function sparsity(fb, shape, rows) {
  const order = ints(fb, [...shape.keys()]);
  const dimensions = tables(
    fb,
    shape.map((size, i) => dimension(fb, i === shape.length - 1 ? rows : size)),
  );
  fb.startObject(3);
  fb.addFieldOffset(0, order, 0);
  fb.addFieldOffset(2, dimensions, 0);
  return fb.endObject();
}

/** Tensor: shape 0, type 1 (FLOAT32 by default), buffer 2, name 3, sparsity 6. @param {Builder} fb @param {Tensor} tensor @param {number} at index of its buffer */
function tensor(fb, { name, shape, data, rows }, at) {
  const dims = ints(fb, shape);
  const label = fb.createString(name);
  const sparse = rows ? sparsity(fb, shape, rows) : 0;
  fb.startObject(7);
  fb.addFieldOffset(0, dims, 0);
  fb.addFieldInt8(1, data instanceof Int32Array ? INT32 : 0, 0);
  fb.addFieldInt32(2, at, 0);
  fb.addFieldOffset(3, label, 0);
  fb.addFieldOffset(6, sparse, 0);
  return fb.endObject();
}

/** Operator: opcode_index 0, inputs 1, outputs 2, builtin_options 3 (type) and 4. @param {Builder} fb @param {Operator} operator @param {number} at index of its code */
function operator(fb, { inputs, output, optionsType, options }, at) {
  const from = ints(fb, inputs);
  const to = ints(fb, [output]);
  fb.startObject(6); // as many fields as any of the options has
  options?.(fb);
  const content = fb.endObject();
  fb.startObject(5);
  fb.addFieldInt32(0, at, 0);
  fb.addFieldOffset(1, from, 0);
  fb.addFieldOffset(2, to, 0);
  fb.addFieldInt8(3, optionsType, 0);
  fb.addFieldOffset(4, content, 0);
  return fb.endObject();
}

/** OperatorCode: deprecated_builtin_code 0, version 2 (1 by default), builtin_code 3. @param {Builder} fb @param {number} code */
function operatorCode(fb, code) {
  fb.startObject(4);
  fb.addFieldInt8(0, code, 0);
  fb.addFieldInt32(3, code, 0);
  return fb.endObject();
}

/** SubGraph: tensors 0, inputs 1, outputs 2, operators 3, name 4. @param {Builder} fb @param {number[]} tensors @param {number[]} operators @param {number} output */
function subgraph(fb, tensors, operators, output) {
  const name = fb.createString('main');
  const fields = [tables(fb, tensors), ints(fb, [0]), ints(fb, [output]), tables(fb, operators), name];
  fb.startObject(5);
  for (const [at, field] of fields.entries()) fb.addFieldOffset(at, field, 0);
  return fb.endObject();
}

/**
 * A TFLite model whose input is the first tensor, and whose output is that of the last operator.
 *
 * @param {Tensor[]} list
 * @param {Operator[]} operators in the order they run
 * @returns {Uint8Array}
 */
export function tfliteModel(list, operators) {
  const fb = new Builder(1 << 20);
  // Buffer 0 is the empty one, for tensors without constant content.
  const constants = list.filter(({ data }) => data);
  const buffers = [buffer(fb), ...constants.map(({ data }) => buffer(fb, data))];
  const tensors = list.map((each) => tensor(fb, each, constants.indexOf(each) + 1));
  const used = [...new Set(operators.map(({ code }) => code))];
  const codes = tables(
    fb,
    used.map((code) => operatorCode(fb, code)),
  );
  const steps = operators.map((each) => operator(fb, each, used.indexOf(each.code)));
  const graphs = tables(fb, [subgraph(fb, tensors, steps, operators[operators.length - 1].output)]);
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
