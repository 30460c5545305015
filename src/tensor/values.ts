/** Values of a tensor as plain data, dense or sparse: what snapshots, files and sessions exchange. */
import type { SparseFormat } from './formats/format.js';

/** All values, row-major, with one byte a value where some are pruned: 1 keeps. */
export interface DenseValues {
  readonly format: 'dense';
  readonly values: Float32Array;
  readonly mask: Uint8Array | null;
}

/**
 * The live values of a matrix [rows, cols]: columns of `height` consecutive rows, group by group. Group g holds the
 * blocks rowPtr[g] to rowPtr[g + 1] in the order of their columns; values[i * height + j] is row g * height + j of
 * block i. Rows beyond the matrix hold 0.
 */
export interface SparseValues {
  readonly format: SparseFormat;
  readonly rows: number;
  readonly cols: number;
  readonly height: number;
  readonly rowPtr: Uint32Array;
  readonly colIdx: Uint32Array;
  readonly values: Float32Array;
}

export type TensorValues = DenseValues | SparseValues;

/** Number of elements, pruned ones included. */
export function lengthOf(data: TensorValues): number {
  return data.format === 'dense' ? data.values.length : data.rows * data.cols;
}

/** Calls `visit(at, i)` for every live element of a sparse matrix: row-major position, place in `values`. */
function eachLive(
  { rows, cols, height, rowPtr, colIdx }: SparseValues,
  visit: (at: number, i: number) => void,
): void {
  for (let group = 0; group + 1 < rowPtr.length; group++) {
    const first = group * height;
    const count = Math.min(height, rows - first);
    for (let block = rowPtr[group]!; block < rowPtr[group + 1]!; block++) {
      for (let j = 0; j < count; j++) visit((first + j) * cols + colIdx[block]!, block * height + j);
    }
  }
}

/** Row-major values; those of dense data are shared. */
export function denseOf(data: TensorValues): Float32Array {
  if (data.format === 'dense') return data.values;
  const dense = new Float32Array(lengthOf(data));
  const [from, to] = [bitsOf(data.values), bitsOf(dense)];
  eachLive(data, (at, i) => {
    to[at] = from[i]!;
  });
  return dense;
}

/** One byte a value, 1 keeps; null while nothing is pruned. That of dense data is shared. */
export function maskOf(data: TensorValues): Uint8Array | null {
  if (data.format === 'dense') return data.mask;
  const mask = new Uint8Array(lengthOf(data));
  eachLive(data, (at) => {
    mask[at] = 1;
  });
  return mask;
}

/** Writes what is live of row-major values to `data.values`, and returns it. */
export function takeLive(data: SparseValues, dense: Float32Array): Float32Array {
  const [from, to] = [bitsOf(dense), bitsOf(data.values)];
  eachLive(data, (at, i) => {
    to[i] = from[at]!;
  });
  return data.values;
}

/** An array that lies as the values of `from` do, as one that lies as those of `to`: what both have, the rest 0. */
export function relaid(array: Float32Array, from: TensorValues, to: TensorValues): Float32Array {
  const dense = denseOf({ ...from, values: array });
  if (to.format !== 'dense') return takeLive({ ...to, values: new Float32Array(to.values.length) }, dense);
  const copy = dense.slice();
  to.mask?.forEach((kept, i) => {
    if (kept === 0) copy[i] = 0;
  });
  return copy;
}

/** Elements of a tensor whose others are +0: rising positions, and what is there (which may be 0 as well). */
export interface Entries {
  readonly positions: Uint32Array;
  readonly values: Float32Array;
}

/** The float32 bits of `values`, shared: copied as numbers, a NaN may come out with other bits. */
export function bitsOf(values: Float32Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length);
}

/** The live elements of a sparse matrix. */
export function entriesOf(data: SparseValues): Entries {
  const { rows, cols, height, rowPtr, colIdx } = data;
  const positions = new Uint32Array(colIdx.length * height);
  const values = new Float32Array(positions.length);
  const [from, to] = [bitsOf(data.values), bitsOf(values)];
  let next = 0;
  for (let row = 0; row < rows; row++) {
    const group = Math.floor(row / height);
    const j = row - group * height;
    for (let block = rowPtr[group]!; block < rowPtr[group + 1]!; block++) {
      positions[next] = row * cols + colIdx[block]!;
      to[next++] = from[block * height + j]!;
    }
  }
  return { positions: positions.subarray(0, next), values: values.subarray(0, next) };
}

/** Inverse of entriesOf, in compressed sparse rows. */
export function csrOf({ positions, values }: Entries, rows: number, cols: number): SparseValues {
  const rowPtr = new Uint32Array(rows + 1);
  const colIdx = new Uint32Array(positions.length);
  for (let i = 0, row = 0; i < positions.length; i++) {
    const at = positions[i]!;
    while (at >= (row + 1) * cols) row++;
    rowPtr[row + 1]!++;
    colIdx[i] = at - row * cols;
  }
  for (let row = 0; row < rows; row++) rowPtr[row + 1]! += rowPtr[row]!;
  return { format: 'csr', rows, cols, height: 1, rowPtr, colIdx, values };
}
