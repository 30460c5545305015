/** The nonzeros of a matrix, as plain arrays: what every sparse format is built from. */

import type { Block } from '../runtime/block.js';
import type { Engine } from '../runtime/engine.js';
import type { Entries } from '../tensor/values.js';

/** Compressed sparse rows: row r holds the entries rowPtr[r] to rowPtr[r + 1], in the order of their columns. */
export interface Csr {
  readonly rows: number;
  readonly cols: number;
  readonly rowPtr: Uint32Array;
  readonly colIdx: Uint32Array;
  readonly values: Float32Array;
}

/** Floats of a matrix that are brought to WebAssembly memory together: fresh pages cost more than copying. */
const PIECE = 16384;

/** Row-major values; the array may be void after an allocation, and is then asked for again. */
export interface Values {
  readonly values: Float32Array;
}

/** Brings a row-major matrix [rows, cols] to `use` `most` rows at a time; all at once where it lies in that memory. False ends it. */
export function inPieces(
  { memory }: Engine,
  source: Values,
  [rows, cols]: readonly [number, number],
  use: (address: number, first: number, rows: number) => unknown,
  most = Math.max(1, Math.floor(PIECE / Math.max(1, cols))),
): void {
  const { buffer, byteOffset } = source.values;
  if (buffer === memory.buffer) {
    use(byteOffset, 0, rows);
    return;
  }
  const dense = source.values;
  const block = memory.allocate(Math.min(most, rows) * cols * 4, false);
  try {
    const at = block.address / 4;
    for (let first = 0; first < rows; first += most) {
      const count = Math.min(most, rows - first);
      memory.f32.set(dense.subarray(first * cols, (first + count) * cols), at);
      if (use(block.address, first, count) === false) return;
    }
  } finally {
    block.free();
  }
}

/** How many values of a row-major matrix are not zero, and whether all are finite; null where only its nonzeros tell. */
export function countValues(
  engine: Engine,
  dense: Values,
  shape: readonly [number, number],
): { readonly nnz: number; readonly finite: boolean | null } {
  const { kernels } = engine;
  const [all, cols] = [shape[0] * shape[1], shape[1]];
  let full = true;
  inPieces(engine, dense, shape, (address, _, rows) => {
    full = kernels.is_full_f32(address, rows * cols) === 1;
    return full;
  });
  if (full) return { nnz: all, finite: true };
  let nnz = 0;
  inPieces(engine, dense, shape, (address, _, rows) => {
    nnz += kernels.count_nonzero_f32(address, rows * cols);
  });
  return { nnz, finite: nnz === all ? false : null };
}

/** The `nnz` nonzeros of a row-major matrix, and whether all are finite; NaN counts as one, zeros of either sign do not. */
export function csrOf(
  engine: Engine,
  dense: Values,
  shape: readonly [number, number],
  nnz: number,
): { readonly csr: Csr; readonly finite: boolean } {
  const { memory, kernels } = engine;
  const [rows, cols] = shape;
  const sparse = memory.allocate((2 * nnz + rows + 1) * 4, false);
  try {
    const values = sparse.address;
    const colIdx = values + nnz * 4;
    const rowPtr = colIdx + nnz * 4;
    sparse.u32(1, 2 * nnz)[0] = 0; // no kernel runs over a matrix without rows
    let before = 0;
    inPieces(engine, dense, shape, (address, first, count) => {
      const [to, at] = [before * 4, rowPtr + first * 4];
      kernels.csr_from_dense_f32(values + to, colIdx + to, at, address, count, cols, 1, before);
      before = sparse.u32(1, 2 * nnz + first + count)[0]!; // a new view: the piece may have made memory grow
    });
    const csr = {
      rows,
      cols,
      values: sparse.f32(nnz).slice(),
      colIdx: sparse.u32(nnz, nnz).slice(),
      rowPtr: sparse.u32(rows + 1, 2 * nnz).slice(),
    };
    return { csr, finite: kernels.count_nonfinite_f32(values, nnz) === 0 };
  } finally {
    sparse.free();
  }
}

/** The nonzeros of a matrix [rows, cols] whose entries are known, and whether all are finite. */
export function csrOfEntries(
  engine: Engine,
  entries: Entries,
  [rows, cols]: readonly [number, number],
): { readonly csr: Csr; readonly finite: boolean } {
  const { memory, kernels } = engine;
  const { length } = entries.positions;
  const block = memory.allocate((2 * length + rows + 1) * 4, false);
  try {
    const { address } = block;
    block.f32(length).set(entries.values);
    block.u32(length, length).set(entries.positions);
    const [colIdx, rowPtr] = [address + length * 4, address + length * 8];
    const nnz = kernels.csr_from_entries_f32(address, colIdx, rowPtr, length, rows, cols);
    const csr = {
      rows,
      cols,
      values: block.f32(nnz).slice(),
      colIdx: block.u32(nnz, length).slice(),
      rowPtr: block.u32(rows + 1, 2 * length).slice(),
    };
    return { csr, finite: kernels.count_nonfinite_f32(address, nnz) === 0 };
  } finally {
    block.free();
  }
}

/** A matrix in WebAssembly memory, and the words that were asked for behind it. */
interface Placed {
  readonly block: Block;
  readonly values: number;
  readonly colIdx: number;
  readonly rowPtr: number;
  /** Address of the words behind, which hold zeros; they begin as word `behind` of the block. */
  readonly extra: number;
  readonly behind: number;
}

/** Copies a matrix to WebAssembly memory for as long as `work` takes: kernels start faster than loops here. */
export function placed<T>({ memory }: Engine, csr: Csr, words: number, work: (placed: Placed) => T): T {
  const nnz = csr.values.length;
  const behind = 2 * nnz + csr.rowPtr.length;
  const block = memory.allocate((behind + words) * 4, false);
  try {
    block.f32(nnz).set(csr.values);
    block.u32(nnz, nnz).set(csr.colIdx);
    block.u32(csr.rowPtr.length, 2 * nnz).set(csr.rowPtr);
    block.u32(words, behind).fill(0);
    const values = block.address;
    const colIdx = values + nnz * 4;
    const rowPtr = colIdx + nnz * 4;
    return work({ block, values, colIdx, rowPtr, extra: values + behind * 4, behind });
  } finally {
    block.free();
  }
}

/** Stands for the number of a column that is left out. */
export const GONE = 0xffffffff;

/**
 * Those `rows` of a matrix, ascending, over `cols` columns, of which column c of the matrix is now number place[c], or
 * GONE. Numbers must ascend as well.
 */
export function partOf(engine: Engine, csr: Csr, rows: Uint32Array, place: Uint32Array, cols: number): Csr {
  const { length } = rows;
  return placed(engine, csr, 2 * length + 1 + place.length, ({ block, behind, extra, ...at }) => {
    block.u32(length, behind).set(rows);
    block.u32(place.length, behind + length).set(place);
    const places = extra + length * 4;
    const newPtr = places + place.length * 4;
    const nnz = engine.kernels.csr_part_f32(at.values, at.colIdx, at.rowPtr, newPtr, extra, length, places);
    return {
      rows: length,
      cols,
      rowPtr: block.u32(length + 1, behind + length + place.length).slice(),
      colIdx: block.u32(nnz, csr.values.length).slice(),
      values: block.f32(nnz).slice(),
    };
  });
}

/** 0, 1 ... length - 1. */
export function upTo(length: number): Uint32Array {
  const indices = new Uint32Array(length);
  for (let i = 0; i < length; i++) indices[i] = i;
  return indices;
}
