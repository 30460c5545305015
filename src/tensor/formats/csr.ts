/** Compressed sparse rows. */
import { ShapeError } from '../../errors.js';

/** A matrix of `rows` x `cols` by its nonzeros, row by row, columns rising. */
export interface Csr {
  readonly rows: number;
  readonly cols: number;
  /** [nnz] */
  readonly values: Float32Array;
  /** [nnz] column of each value */
  readonly colIdx: Uint32Array;
  /** [rows + 1] where each row begins in `values`; the last is nnz */
  readonly rowPtr: Uint32Array;
}

/** Number of elements that are not zero; NaN counts. */
export function countNonzeros(dense: Float32Array): number {
  let nnz = 0;
  for (let i = 0; i < dense.length; i++) if (dense[i] !== 0) nnz++;
  return nnz;
}

/** From row-major `dense` [rows, cols]; zeros of either sign are left out, NaN stays. */
export function toCsr(dense: Float32Array, rows: number, cols: number): Csr {
  if (dense.length !== rows * cols) {
    throw new ShapeError(`toCsr: dense must hold ${rows} x ${cols} values, got ${dense.length}`);
  }
  const nnz = countNonzeros(dense);
  const values = new Float32Array(nnz);
  const colIdx = new Uint32Array(nnz);
  const rowPtr = new Uint32Array(rows + 1);
  let at = 0;
  for (let row = 0; row < rows; row++) {
    for (let col = 0; col < cols; col++) {
      const value = dense[row * cols + col]!;
      if (value === 0) continue;
      values[at] = value;
      colIdx[at++] = col;
    }
    rowPtr[row + 1] = at;
  }
  return { rows, cols, values, colIdx, rowPtr };
}

/** Row-major [rows, cols]. */
export function fromCsr({ rows, cols, values, colIdx, rowPtr }: Csr): Float32Array {
  const dense = new Float32Array(rows * cols);
  for (let row = 0; row < rows; row++) {
    for (let i = rowPtr[row]!; i < rowPtr[row + 1]!; i++) dense[row * cols + colIdx[i]!] = values[i]!;
  }
  return dense;
}
