/**
 * Dense product over panels of eight lanes, the form that inference and the forward pass need.
 *
 * The inner loops are cut into basic blocks by tests that never hold (a == stop): V8 moves all loads of a block
 * ahead of its arithmetic and would otherwise run out of vector registers.
 */
import { atLeast, madd } from '../simd';

/**
 * Four rows of W against one panel of contiguous rows: y [4, 8] = max(W · x + b, low). W rows are wRow bytes apart.
 * Exported only to keep the optimizer from merging it into the loops around it; JavaScript does not call it.
 */
export function gemm_rows4(
  y: usize,
  yRow: usize,
  w: usize,
  wRow: usize,
  bias: usize,
  x: usize,
  k: usize,
  low: f32,
): void {
  let s00 = f32x4.splat(bias ? load<f32>(bias) : 0);
  let s10 = f32x4.splat(bias ? load<f32>(bias, 4) : 0);
  let s20 = f32x4.splat(bias ? load<f32>(bias, 8) : 0);
  let s30 = f32x4.splat(bias ? load<f32>(bias, 12) : 0);
  let s01 = s00,
    s11 = s10,
    s21 = s20,
    s31 = s30;
  let w1 = w + wRow,
    w2 = w1 + wRow,
    w3 = w2 + wRow;
  const end = w + (k << 2);
  const stop = end - 4;
  while (w < end) {
    let x0 = v128.load(x),
      x1 = v128.load(x, 16);
    let a = v128.load32_splat(w3);
    s31 = madd(a, x1, s31);
    s30 = madd(a, x0, s30);
    a = v128.load32_splat(w2);
    s21 = madd(a, x1, s21);
    s20 = madd(a, x0, s20);
    a = v128.load32_splat(w1);
    s11 = madd(a, x1, s11);
    s10 = madd(a, x0, s10);
    a = v128.load32_splat(w);
    s01 = madd(a, x1, s01);
    s00 = madd(a, x0, s00);
    if (w == stop) break;
    x0 = v128.load(x, 32);
    x1 = v128.load(x, 48);
    a = v128.load32_splat(w3, 4);
    s31 = madd(a, x1, s31);
    s30 = madd(a, x0, s30);
    a = v128.load32_splat(w2, 4);
    s21 = madd(a, x1, s21);
    s20 = madd(a, x0, s20);
    a = v128.load32_splat(w1, 4);
    s11 = madd(a, x1, s11);
    s10 = madd(a, x0, s10);
    a = v128.load32_splat(w, 4);
    s01 = madd(a, x1, s01);
    s00 = madd(a, x0, s00);
    x += 64;
    w += 8;
    w1 += 8;
    w2 += 8;
    w3 += 8;
  }
  const floor = f32x4.splat(low);
  v128.store(y, atLeast(s00, floor));
  v128.store(y, atLeast(s01, floor), 16);
  y += yRow;
  v128.store(y, atLeast(s10, floor));
  v128.store(y, atLeast(s11, floor), 16);
  y += yRow;
  v128.store(y, atLeast(s20, floor));
  v128.store(y, atLeast(s21, floor), 16);
  y += yRow;
  v128.store(y, atLeast(s30, floor));
  v128.store(y, atLeast(s31, floor), 16);
}

/** As gemm_rows4 for a panel whose rows are xRow bytes apart: eight lanes of a wider tile. */
export function gemm_rows4_strided(
  y: usize,
  yRow: usize,
  w: usize,
  wRow: usize,
  bias: usize,
  x: usize,
  xRow: usize,
  k: usize,
  low: f32,
): void {
  let s00 = f32x4.splat(bias ? load<f32>(bias) : 0);
  let s10 = f32x4.splat(bias ? load<f32>(bias, 4) : 0);
  let s20 = f32x4.splat(bias ? load<f32>(bias, 8) : 0);
  let s30 = f32x4.splat(bias ? load<f32>(bias, 12) : 0);
  let s01 = s00,
    s11 = s10,
    s21 = s20,
    s31 = s30;
  let w1 = w + wRow,
    w2 = w1 + wRow,
    w3 = w2 + wRow;
  const end = w + (k << 2);
  while (w < end) {
    const x0 = v128.load(x),
      x1 = v128.load(x, 16);
    let a = v128.load32_splat(w);
    s00 = madd(a, x0, s00);
    s01 = madd(a, x1, s01);
    a = v128.load32_splat(w1);
    s10 = madd(a, x0, s10);
    s11 = madd(a, x1, s11);
    a = v128.load32_splat(w2);
    s20 = madd(a, x0, s20);
    s21 = madd(a, x1, s21);
    a = v128.load32_splat(w3);
    s30 = madd(a, x0, s30);
    s31 = madd(a, x1, s31);
    x += xRow;
    w += 4;
    w1 += 4;
    w2 += 4;
    w3 += 4;
  }
  const floor = f32x4.splat(low);
  v128.store(y, atLeast(s00, floor));
  v128.store(y, atLeast(s01, floor), 16);
  y += yRow;
  v128.store(y, atLeast(s10, floor));
  v128.store(y, atLeast(s11, floor), 16);
  y += yRow;
  v128.store(y, atLeast(s20, floor));
  v128.store(y, atLeast(s21, floor), 16);
  y += yRow;
  v128.store(y, atLeast(s30, floor));
  v128.store(y, atLeast(s31, floor), 16);
}

/** One row of W against one panel. */
export function gemm_row(y: usize, w: usize, bias: usize, x: usize, xRow: usize, k: usize, low: f32): void {
  let s0 = f32x4.splat(bias ? load<f32>(bias) : 0),
    s1 = s0;
  for (const end = w + (k << 2); w < end; w += 4) {
    const a = v128.load32_splat(w);
    s0 = madd(a, v128.load(x), s0);
    s1 = madd(a, v128.load(x, 16), s1);
    x += xRow;
  }
  const floor = f32x4.splat(low);
  v128.store(y, atLeast(s0, floor));
  v128.store(y, atLeast(s1, floor), 16);
}

/**
 * y = max(W · x + b, low), for `panels` panels of eight lanes.
 *
 * w [rows, k] row-major; bias [rows] or 0; x and y: panel p begins at p * xPanel, row r of it at r * xRow (bytes),
 * and holds 8 lanes. low = -Infinity for no activation, 0 for ReLU. y must not overlap an input.
 */
export function gemm_f32(
  y: usize,
  yRow: usize,
  yPanel: usize,
  w: usize,
  bias: usize,
  x: usize,
  xRow: usize,
  xPanel: usize,
  rows: usize,
  k: usize,
  panels: usize,
  low: f32,
): void {
  const wRow = k << 2;
  if (rows < 4) {
    for (let p: usize = 0; p < panels; p++) {
      for (let r: usize = 0; r < rows; r++) {
        gemm_row(
          y + p * yPanel + r * yRow,
          w + r * wRow,
          bias ? bias + (r << 2) : 0,
          x + p * xPanel,
          xRow,
          k,
          low,
        );
      }
    }
    return;
  }
  for (let i: usize = 0; i < rows; i += 4) {
    const r = min(i, rows - 4); // the last block overlaps the one before: rows are recomputed, never short
    const b = bias ? bias + (r << 2) : 0;
    for (let p: usize = 0; p < panels; p++) {
      const to = y + p * yPanel + r * yRow;
      const from = x + p * xPanel;
      if (xRow == 32) gemm_rows4(to, yRow, w + r * wRow, wRow, b, from, k, low);
      else gemm_rows4_strided(to, yRow, w + r * wRow, wRow, b, from, xRow, k, low);
    }
  }
}
