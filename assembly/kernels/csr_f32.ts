/** From dense to CSR. */

/**
 * Nonzeros of a dense matrix, row by row: values [nnz], colIdx [nnz] as byte offsets (column * scale),
 * rowPtr [rows + 1]. dense [rows, cols] row-major; zeros of either sign are left out, NaN stays.
 * The caller counts the nonzeros first (count_nonzero_f32). `before` entries precede these rows: rowPtr counts them.
 */
export function csr_from_dense_f32(
  values: usize,
  colIdx: usize,
  rowPtr: usize,
  dense: usize,
  rows: usize,
  cols: usize,
  scale: u32,
  before: u32,
): void {
  let nnz = before;
  store<u32>(rowPtr, nnz);
  const zero = f32x4.splat(0);
  const colsEnd = <u32>cols * scale;
  const whole = <u32>(cols & ~7) * scale;
  for (let r: usize = 0; r < rows; r++) {
    for (let col: u32 = 0; col < colsEnd; ) {
      let count: u32 = 1;
      if (col < whole) {
        // Eight zeros are passed over at once.
        const found = v128.or(f32x4.ne(v128.load(dense), zero), f32x4.ne(v128.load(dense, 16), zero));
        if (!v128.any_true(found)) {
          dense += 32;
          col += scale << 3;
          continue;
        }
        count = 8;
      }
      for (; count > 0; count--) {
        const value = load<f32>(dense);
        if (value != 0) {
          store<f32>(values, value);
          store<u32>(colIdx, col);
          values += 4;
          colIdx += 4;
          nnz++;
        }
        dense += 4;
        col += scale;
      }
    }
    rowPtr += 4;
    store<u32>(rowPtr, nnz);
  }
}

/**
 * Entries of a matrix as CSR, in place; returns how many are left: zeros of either sign are not, NaN is.
 *
 * values [n]; colIdx [n] u32: rising positions in the row-major matrix, columns afterwards; rowPtr [rows + 1].
 */
export function csr_from_entries_f32(
  values: usize,
  colIdx: usize,
  rowPtr: usize,
  n: usize,
  rows: usize,
  cols: u32,
): u32 {
  let left: u32 = 0;
  let first: u32 = 0; // position where the row begins
  const lastPtr = rowPtr + (rows << 2);
  store<u32>(rowPtr, 0);
  for (let i: usize = 0; i < n << 2; i += 4) {
    const value = load<f32>(values + i);
    if (value == 0) continue;
    const position = load<u32>(colIdx + i);
    while (position - first >= cols) {
      rowPtr += 4;
      store<u32>(rowPtr, left);
      first += cols;
    }
    const to = (<usize>left) << 2;
    store<f32>(values + to, value);
    store<u32>(colIdx + to, position - first);
    left++;
  }
  while (rowPtr < lastPtr) {
    rowPtr += 4;
    store<u32>(rowPtr, left);
  }
  return left;
}

/** Writes the entries of a CSR matrix into dense [rows, cols], row-major; other places are left as they are. */
export function csr_to_dense_f32(
  dense: usize,
  values: usize,
  colIdx: usize,
  rowPtr: usize,
  rows: usize,
  cols: usize,
): void {
  const start = colIdx;
  for (; rows > 0; rows--) {
    rowPtr += 4;
    for (const end = start + ((<usize>load<u32>(rowPtr)) << 2); colIdx < end; colIdx += 4) {
      store<f32>(dense + ((<usize>load<u32>(colIdx)) << 2), load<f32>(values));
      values += 4;
    }
    dense += cols << 2;
  }
}

/**
 * Takes rows of a CSR matrix and gives its columns other numbers, in place; returns the number of entries left.
 *
 * taken [count] u32: rows that stay, ascending; place [cols] u32: new number of each column, or 2^32 - 1 for one that
 * goes. values [nnz] and colIdx [nnz] are overwritten from the front; rowPtr [rows + 1]; newPtr [count + 1].
 */
export function csr_part_f32(
  values: usize,
  colIdx: usize,
  rowPtr: usize,
  newPtr: usize,
  taken: usize,
  count: usize,
  place: usize,
): u32 {
  let left: u32 = 0;
  store<u32>(newPtr, 0);
  for (const takenEnd = taken + (count << 2); taken < takenEnd; taken += 4) {
    const row = rowPtr + ((<usize>load<u32>(taken)) << 2);
    const end = (<usize>load<u32>(row, 4)) << 2;
    for (let at = (<usize>load<u32>(row)) << 2; at < end; at += 4) {
      const col = load<u32>(place + ((<usize>load<u32>(colIdx + at)) << 2));
      if (col == 0xffffffff) continue;
      const to = (<usize>left) << 2;
      store<u32>(colIdx + to, col);
      store<f32>(values + to, load<f32>(values + at));
      left++;
    }
    newPtr += 4;
    store<u32>(newPtr, left);
  }
  return left;
}

/** Sets seen [cols] (bytes) to 1 for every column that one of the rows taken [count] u32 has an entry in. */
export function csr_mark_columns(
  seen: usize,
  colIdx: usize,
  rowPtr: usize,
  taken: usize,
  count: usize,
): void {
  for (const takenEnd = taken + (count << 2); taken < takenEnd; taken += 4) {
    const row = rowPtr + ((<usize>load<u32>(taken)) << 2);
    const end = colIdx + ((<usize>load<u32>(row, 4)) << 2);
    for (let at = colIdx + ((<usize>load<u32>(row)) << 2); at < end; at += 4) {
      store<u8>(seen + <usize>load<u32>(at), 1);
    }
  }
}

/** Adds to counts [cols] u32 how many of the entries colIdx [nnz] u32 lie in each column. */
export function csr_count_columns(counts: usize, colIdx: usize, nnz: usize): void {
  for (const end = colIdx + (nnz << 2); colIdx < end; colIdx += 4) {
    const count = counts + ((<usize>load<u32>(colIdx)) << 2);
    store<u32>(count, load<u32>(count) + 1);
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
