/** The nonzeros of a matrix, as plain arrays: what every sparse format is built from. */
import type { Engine } from '../runtime/engine.js';
import type { Block } from '../runtime/memory.js';

/** Compressed sparse rows: row r holds the entries rowPtr[r] to rowPtr[r + 1], in the order of their columns. */
export interface Csr {
  readonly rows: number;
  readonly cols: number;
  readonly rowPtr: Uint32Array;
  readonly colIdx: Uint32Array;
  readonly values: Float32Array;
}

/** Collects the `nnz` nonzeros of a row-major matrix; NaN counts as one, zeros of either sign do not. */
export function csrOf(
  { memory, kernels }: Engine,
  dense: Block,
  [rows, cols]: readonly [number, number],
  nnz: number,
): Csr {
  const sparse = memory.allocate((2 * nnz + rows + 1) * 4, false);
  try {
    const values = sparse.address;
    const colIdx = values + nnz * 4;
    const rowPtr = colIdx + nnz * 4;
    kernels.csr_from_dense_f32(values, colIdx, rowPtr, dense.address, rows, cols, 1);
    return {
      rows,
      cols,
      values: sparse.f32(nnz).slice(),
      colIdx: sparse.u32(nnz, nnz).slice(),
      rowPtr: sparse.u32(rows + 1, 2 * nnz).slice(),
    };
  } finally {
    sparse.free();
  }
}
