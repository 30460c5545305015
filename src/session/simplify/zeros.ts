/** Which rows and columns of a weight hold nothing but zeros. */
import type { Weight } from '../weight.js';

/** A part of a weight: those `rows` and `cols`, ascending. */
export interface Part {
  readonly weight: Weight;
  readonly rows: Uint32Array;
  readonly cols: Uint32Array;
}

/** 1 for each of `indices` among `size` places. */
export function marks(indices: Uint32Array, size: number): Uint8Array {
  const marked = new Uint8Array(size);
  for (let i = 0; i < indices.length; i++) marked[indices[i]!] = 1;
  return marked;
}

/** True when a weight holds no zero. */
export const isFull = ({ nnz, rows, cols }: Weight) => nnz === rows * cols && nnz > 0;

/** Those of `cols` that hold a nonzero in any of `rows`; `cols` itself when all do. */
export function columnsRead({ weight, rows, cols }: Part): Uint32Array {
  if (isFull(weight) && rows.length > 0) return cols;
  const { rowPtr, colIdx } = weight.csr;
  const seen = new Uint8Array(weight.cols);
  for (let i = 0; i < rows.length; i++) {
    for (let j = rowPtr[rows[i]!]!, end = rowPtr[rows[i]! + 1]!; j < end; j++) seen[colIdx[j]!] = 1;
  }
  const read = cols.filter((col) => seen[col] === 1);
  return read.length === cols.length ? cols : read;
}

/** Those of `rows` that hold a nonzero in any of `cols`, and those that hold none. */
export function splitRows({ weight, rows, cols }: Part): { varying: Uint32Array; zero: Uint32Array } {
  if (isFull(weight) && cols.length > 0) return { varying: rows, zero: new Uint32Array(0) };
  const { rowPtr, colIdx } = weight.csr;
  const live = marks(cols, weight.cols);
  const isZero = (row: number) => {
    for (let j = rowPtr[row]!, end = rowPtr[row + 1]!; j < end; j++) if (live[colIdx[j]!] === 1) return false;
    return true;
  };
  const zero = rows.filter(isZero);
  if (zero.length === 0) return { varying: rows, zero };
  const gone = marks(zero, weight.rows);
  return { varying: rows.filter((row) => gone[row] === 0), zero };
}
