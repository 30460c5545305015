/**
 * Sparse (CSR) product over tiles of 32, 16 or 8 lanes: each weight is read once and multiplies a run of samples.
 *
 * colIdx holds byte offsets into a tile (column * lanes * 4), so that the inner loop adds and loads. The row
 * functions are exported only to keep the optimizer from merging them into the loop over rows, where V8 keeps
 * accumulators in memory; JavaScript does not call them.
 */
import { atLeast, madd } from '../simd';

/** One row of W against one tile of 32 lanes. */
export function spmm_csr32_row_f32(
  y: usize,
  values: usize,
  colIdx: usize,
  end: usize,
  start: f32,
  x: usize,
  low: f32,
): void {
  let s0 = f32x4.splat(start);
  let s1 = s0,
    s2 = s0,
    s3 = s0,
    s4 = s0,
    s5 = s0,
    s6 = s0,
    s7 = s0;
  while (values < end) {
    const w = v128.load32_splat(values);
    const p = x + <usize>load<u32>(colIdx);
    s0 = madd(w, v128.load(p), s0);
    s1 = madd(w, v128.load(p, 16), s1);
    s2 = madd(w, v128.load(p, 32), s2);
    s3 = madd(w, v128.load(p, 48), s3);
    s4 = madd(w, v128.load(p, 64), s4);
    s5 = madd(w, v128.load(p, 80), s5);
    s6 = madd(w, v128.load(p, 96), s6);
    s7 = madd(w, v128.load(p, 112), s7);
    values += 4;
    colIdx += 4;
  }
  const floor = f32x4.splat(low);
  v128.store(y, atLeast(s0, floor));
  v128.store(y, atLeast(s1, floor), 16);
  v128.store(y, atLeast(s2, floor), 32);
  v128.store(y, atLeast(s3, floor), 48);
  v128.store(y, atLeast(s4, floor), 64);
  v128.store(y, atLeast(s5, floor), 80);
  v128.store(y, atLeast(s6, floor), 96);
  v128.store(y, atLeast(s7, floor), 112);
}

/** One row of W against one tile of 16 lanes. */
export function spmm_csr16_row_f32(
  y: usize,
  values: usize,
  colIdx: usize,
  end: usize,
  start: f32,
  x: usize,
  low: f32,
): void {
  let s0 = f32x4.splat(start);
  let s1 = s0,
    s2 = s0,
    s3 = s0;
  while (values < end) {
    const w = v128.load32_splat(values);
    const p = x + <usize>load<u32>(colIdx);
    s0 = madd(w, v128.load(p), s0);
    s1 = madd(w, v128.load(p, 16), s1);
    s2 = madd(w, v128.load(p, 32), s2);
    s3 = madd(w, v128.load(p, 48), s3);
    values += 4;
    colIdx += 4;
  }
  const floor = f32x4.splat(low);
  v128.store(y, atLeast(s0, floor));
  v128.store(y, atLeast(s1, floor), 16);
  v128.store(y, atLeast(s2, floor), 32);
  v128.store(y, atLeast(s3, floor), 48);
}

/** One row of W against one tile of 8 lanes; two sums for each half hide the latency of the additions. */
export function spmm_csr8_row_f32(
  y: usize,
  values: usize,
  colIdx: usize,
  end: usize,
  start: f32,
  x: usize,
  low: f32,
): void {
  let s0 = f32x4.splat(start),
    s1 = s0,
    t0 = f32x4.splat(0),
    t1 = t0;
  for (const last = end - 4; values < last; values += 8) {
    const w = v128.load32_splat(values);
    const p = x + <usize>load<u32>(colIdx);
    s0 = madd(w, v128.load(p), s0);
    s1 = madd(w, v128.load(p, 16), s1);
    const v = v128.load32_splat(values, 4);
    const q = x + <usize>load<u32>(colIdx, 4);
    t0 = madd(v, v128.load(q), t0);
    t1 = madd(v, v128.load(q, 16), t1);
    colIdx += 8;
  }
  if (values < end) {
    const w = v128.load32_splat(values);
    const p = x + <usize>load<u32>(colIdx);
    s0 = madd(w, v128.load(p), s0);
    s1 = madd(w, v128.load(p, 16), s1);
  }
  const floor = f32x4.splat(low);
  v128.store(y, atLeast(f32x4.add(s0, t0), floor));
  v128.store(y, atLeast(f32x4.add(s1, t1), floor), 16);
}

/**
 * y = max(W · x + b, low), W sparse (CSR), tiles of 32 lanes.
 *
 * values [nnz] f32; colIdx [nnz] u32 byte offsets; rowPtr [rows + 1] u32; bias [rows] or 0;
 * x [tiles, cols, 32]; y [tiles, rows, 32]. y must not overlap an input.
 */
export function spmm_csr32_f32(
  y: usize,
  values: usize,
  colIdx: usize,
  rowPtr: usize,
  bias: usize,
  x: usize,
  rows: usize,
  cols: usize,
  tiles: usize,
  low: f32,
): void {
  for (; tiles > 0; tiles--) {
    for (let r: usize = 0; r < rows; r++) {
      const begin = (<usize>load<u32>(rowPtr + (r << 2))) << 2;
      const end = (<usize>load<u32>(rowPtr + (r << 2), 4)) << 2;
      const start = bias ? load<f32>(bias + (r << 2)) : 0;
      spmm_csr32_row_f32(y, values + begin, colIdx + begin, values + end, start, x, low);
      y += 128;
    }
    x += cols << 7;
  }
}

/** As spmm_csr32_f32, tiles of 16 lanes: x [tiles, cols, 16]; y [tiles, rows, 16]. */
export function spmm_csr16_f32(
  y: usize,
  values: usize,
  colIdx: usize,
  rowPtr: usize,
  bias: usize,
  x: usize,
  rows: usize,
  cols: usize,
  tiles: usize,
  low: f32,
): void {
  for (; tiles > 0; tiles--) {
    for (let r: usize = 0; r < rows; r++) {
      const begin = (<usize>load<u32>(rowPtr + (r << 2))) << 2;
      const end = (<usize>load<u32>(rowPtr + (r << 2), 4)) << 2;
      const start = bias ? load<f32>(bias + (r << 2)) : 0;
      spmm_csr16_row_f32(y, values + begin, colIdx + begin, values + end, start, x, low);
      y += 64;
    }
    x += cols << 6;
  }
}

/** As spmm_csr32_f32, tiles of 8 lanes: x [tiles, cols, 8]; y [tiles, rows, 8]. */
export function spmm_csr8_f32(
  y: usize,
  values: usize,
  colIdx: usize,
  rowPtr: usize,
  bias: usize,
  x: usize,
  rows: usize,
  cols: usize,
  tiles: usize,
  low: f32,
): void {
  for (; tiles > 0; tiles--) {
    for (let r: usize = 0; r < rows; r++) {
      const begin = (<usize>load<u32>(rowPtr + (r << 2))) << 2;
      const end = (<usize>load<u32>(rowPtr + (r << 2), 4)) << 2;
      const start = bias ? load<f32>(bias + (r << 2)) : 0;
      spmm_csr8_row_f32(y, values + begin, colIdx + begin, values + end, start, x, low);
      y += 32;
    }
    x += cols << 5;
  }
}
