/** Dense product with the transposed weight: the gradient of a layer's input. */
import { madd } from '../simd';

/** Four columns of W against one panel: dx [4, 8] = W[:, 0..3]^T · dy. W rows are wRow bytes apart. */
export function gemm_tn_columns4(dx: usize, w: usize, wRow: usize, dy: usize, rows: usize): void {
  let s00 = f32x4.splat(0),
    s01 = s00,
    s10 = s00,
    s11 = s00,
    s20 = s00,
    s21 = s00,
    s30 = s00,
    s31 = s00;
  const end = dy + (rows << 5);
  const stop = end - 32;
  while (dy < end) {
    let y0 = v128.load(dy),
      y1 = v128.load(dy, 16);
    let a = v128.load32_splat(w, 12);
    s31 = madd(a, y1, s31);
    s30 = madd(a, y0, s30);
    a = v128.load32_splat(w, 8);
    s21 = madd(a, y1, s21);
    s20 = madd(a, y0, s20);
    a = v128.load32_splat(w, 4);
    s11 = madd(a, y1, s11);
    s10 = madd(a, y0, s10);
    a = v128.load32_splat(w);
    s01 = madd(a, y1, s01);
    s00 = madd(a, y0, s00);
    w += wRow;
    if (dy == stop) break; // see gemm_f32: a block boundary for V8, and the odd tail
    y0 = v128.load(dy, 32);
    y1 = v128.load(dy, 48);
    a = v128.load32_splat(w, 12);
    s31 = madd(a, y1, s31);
    s30 = madd(a, y0, s30);
    a = v128.load32_splat(w, 8);
    s21 = madd(a, y1, s21);
    s20 = madd(a, y0, s20);
    a = v128.load32_splat(w, 4);
    s11 = madd(a, y1, s11);
    s10 = madd(a, y0, s10);
    a = v128.load32_splat(w);
    s01 = madd(a, y1, s01);
    s00 = madd(a, y0, s00);
    w += wRow;
    dy += 64;
  }
  v128.store(dx, s00);
  v128.store(dx, s01, 16);
  v128.store(dx, s10, 32);
  v128.store(dx, s11, 48);
  v128.store(dx, s20, 64);
  v128.store(dx, s21, 80);
  v128.store(dx, s30, 96);
  v128.store(dx, s31, 112);
}

/** One column of W against one panel. */
function column(dx: usize, w: usize, wRow: usize, dy: usize, rows: usize): void {
  let s0 = f32x4.splat(0),
    s1 = s0;
  for (; rows > 0; rows--) {
    const a = v128.load32_splat(w);
    s0 = madd(a, v128.load(dy), s0);
    s1 = madd(a, v128.load(dy, 16), s1);
    w += wRow;
    dy += 32;
  }
  v128.store(dx, s0);
  v128.store(dx, s1, 16);
}

/**
 * dx = W^T · dy, for `panels` panels of eight lanes.
 *
 * w [rows, cols] row-major; dy [panels, rows, 8]; dx [panels, cols, 8]. dx must not overlap an input.
 */
export function gemm_tn_f32(dx: usize, w: usize, dy: usize, rows: usize, cols: usize, panels: usize): void {
  const wRow = cols << 2;
  const dxPanel = cols << 5;
  const dyPanel = rows << 5;
  if (cols < 4) {
    for (let p: usize = 0; p < panels; p++) {
      for (let c: usize = 0; c < cols; c++) {
        column(dx + p * dxPanel + (c << 5), w + (c << 2), wRow, dy + p * dyPanel, rows);
      }
    }
    return;
  }
  for (let j: usize = 0; j < cols; j += 4) {
    const c = min(j, cols - 4);
    for (let p: usize = 0; p < panels; p++) {
      gemm_tn_columns4(dx + p * dxPanel + (c << 5), w + (c << 2), wRow, dy + p * dyPanel, rows);
    }
  }
}
