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

/**
 * Number of blocks of `height` consecutive rows by one column that hold at least one entry.
 *
 * colIdx [nnz] u32; rowPtr [rows + 1] u32; seen [cols] u32 is scratch.
 */
export function count_blocks_csr(
  colIdx: usize,
  rowPtr: usize,
  rows: usize,
  cols: usize,
  height: u32,
  seen: usize,
): u32 {
  memory.fill(seen, 0xff, cols << 2);
  let count: u32 = 0;
  let at = colIdx;
  for (let r: u32 = 0; r < <u32>rows; r++) {
    const group = r / height;
    rowPtr += 4;
    for (const end = colIdx + ((<usize>load<u32>(rowPtr)) << 2); at < end; at += 4) {
      const mark = seen + ((<usize>load<u32>(at)) << 2);
      count += load<u32>(mark) != group ? 1 : 0;
      store<u32>(mark, group);
    }
  }
  return count;
}
