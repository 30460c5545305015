/** From dense to CSR. */

/**
 * Nonzeros of a dense matrix, row by row: values [nnz], colIdx [nnz] as byte offsets (column * scale),
 * rowPtr [rows + 1]. dense [rows, cols] row-major; zeros of either sign are left out, NaN stays.
 * The caller counts the nonzeros first (count_nonzero_f32).
 */
export function csr_from_dense_f32(
  values: usize,
  colIdx: usize,
  rowPtr: usize,
  dense: usize,
  rows: usize,
  cols: usize,
  scale: u32,
): void {
  let nnz: u32 = 0;
  store<u32>(rowPtr, 0);
  const colsEnd = <u32>cols * scale;
  for (let r: usize = 0; r < rows; r++) {
    for (let col: u32 = 0; col < colsEnd; col += scale) {
      const value = load<f32>(dense);
      dense += 4;
      if (value == 0) continue;
      store<f32>(values, value);
      store<u32>(colIdx, col);
      values += 4;
      colIdx += 4;
      nnz++;
    }
    rowPtr += 4;
    store<u32>(rowPtr, nnz);
  }
}
