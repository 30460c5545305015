/**
 * Dense product that skips zeros in its input: most pixels of an image are background, and the rows of a panel in
 * which all eight samples are zero add nothing. Finite weights assumed: 0 · Infinity would have been NaN.
 */
import { atLeast, madd } from '../simd';
import { gemm_row, gemm_rows4 } from './gemm_f32';
import { pack_rows5 } from './gemm_fives_f32';
import { gemm_packed_panel } from './gemm_packed_f32';

/**
 * Lists the rows of a panel x [k, 8] that hold a value: list receives their byte offsets into a row of W (row * 4).
 * Returns their number.
 */
export function list_rows(list: usize, x: usize, k: usize): usize {
  const begin = list;
  for (let at: usize = 0; at < k << 2; at += 4) {
    store<u32>(list, <u32>at);
    list += v128.any_true(v128.or(v128.load(x), v128.load(x, 16))) ? 4 : 0;
    x += 32;
  }
  return (list - begin) >> 2;
}

/** True when a list of `count` out of k rows is short enough to pay for going through it. */
export function skipPays(count: usize, k: usize): bool {
  return count * 5 < k * 4;
}

/**
 * As gemm_rows4, for the listed rows only: list [count] byte offsets into a row of W; x rows are 32 bytes apart.
 * Exported only to keep the optimizer from merging it into the loops around it; JavaScript does not call it.
 */
export function gemm_rows4_listed(
  y: usize,
  yRow: usize,
  w: usize,
  wRow: usize,
  bias: usize,
  x: usize,
  list: usize,
  count: usize,
): void {
  let s00 = f32x4.splat(bias ? load<f32>(bias) : 0);
  let s10 = f32x4.splat(bias ? load<f32>(bias, 4) : 0);
  let s20 = f32x4.splat(bias ? load<f32>(bias, 8) : 0);
  let s30 = f32x4.splat(bias ? load<f32>(bias, 12) : 0);
  let s01 = s00,
    s11 = s10,
    s21 = s20,
    s31 = s30;
  const w1 = w + wRow,
    w2 = w1 + wRow,
    w3 = w2 + wRow;
  const end = list + (count << 2);
  const stop = end - 4;
  while (list < end) {
    let at = <usize>load<u32>(list);
    let p = x + (at << 3);
    let x0 = v128.load(p),
      x1 = v128.load(p, 16);
    let a = v128.load32_splat(w3 + at);
    s31 = madd(a, x1, s31);
    s30 = madd(a, x0, s30);
    a = v128.load32_splat(w2 + at);
    s21 = madd(a, x1, s21);
    s20 = madd(a, x0, s20);
    a = v128.load32_splat(w1 + at);
    s11 = madd(a, x1, s11);
    s10 = madd(a, x0, s10);
    a = v128.load32_splat(w + at);
    s01 = madd(a, x1, s01);
    s00 = madd(a, x0, s00);
    if (list == stop) break; // see gemm_f32: a block boundary for V8, and the odd tail
    at = <usize>load<u32>(list, 4);
    p = x + (at << 3);
    x0 = v128.load(p);
    x1 = v128.load(p, 16);
    a = v128.load32_splat(w3 + at);
    s31 = madd(a, x1, s31);
    s30 = madd(a, x0, s30);
    a = v128.load32_splat(w2 + at);
    s21 = madd(a, x1, s21);
    s20 = madd(a, x0, s20);
    a = v128.load32_splat(w1 + at);
    s11 = madd(a, x1, s11);
    s10 = madd(a, x0, s10);
    a = v128.load32_splat(w + at);
    s01 = madd(a, x1, s01);
    s00 = madd(a, x0, s00);
    list += 8;
  }
  v128.store(y, s00);
  v128.store(y, s01, 16);
  y += yRow;
  v128.store(y, s10);
  v128.store(y, s11, 16);
  y += yRow;
  v128.store(y, s20);
  v128.store(y, s21, 16);
  y += yRow;
  v128.store(y, s30);
  v128.store(y, s31, 16);
}

/** One panel with a list of its rows. */
function panelListed(
  y: usize,
  w: usize,
  bias: usize,
  x: usize,
  rows: usize,
  k: usize,
  list: usize,
  count: usize,
): void {
  const wRow = k << 2;
  for (let i: usize = 0; i < rows; i += 4) {
    const r = min(i, rows - 4); // the last block overlaps the one before: rows are recomputed, never short
    const b = bias ? bias + (r << 2) : 0;
    gemm_rows4_listed(y + (r << 5), 32, w + r * wRow, wRow, b, x, list, count);
  }
}

/** Panels of few rows, which nothing is skipped for. */
function fewRows(y: usize, w: usize, bias: usize, x: usize, rows: usize, k: usize, panels: usize): void {
  for (; panels > 0; panels--) {
    for (let r: usize = 0; r < rows; r++) {
      gemm_row(y, w + r * (k << 2), bias ? bias + (r << 2) : 0, x, 32, k, -Infinity);
      y += 32;
    }
    x += k << 5;
  }
}

/**
 * y = W · x + b over panels of eight lanes, skipping rows of a panel that are all zero; W finite.
 *
 * Panels with many zeros go through their own list of rows. For the others W is packed by fives as it is needed, for
 * all of them together.
 *
 * w [rows, k] row-major; bias [rows] or 0; x [panels, k, 8]; y [panels, rows, 8];
 * scratch: panels * 4 + k * 20 + 32 bytes. Nothing may overlap.
 */
export function gemm_skip_f32(
  y: usize,
  w: usize,
  bias: usize,
  x: usize,
  rows: usize,
  k: usize,
  panels: usize,
  scratch: usize,
): void {
  if (rows < 5) {
    fewRows(y, w, bias, x, rows, k, panels);
    return;
  }
  const xPanel = k << 5;
  const yPanel = rows << 5;
  const zeros = scratch;
  const packed = scratch + 32;
  let full = packed + k * 20; // the panels that are not skipped through, as their numbers
  const firstFull = full;
  for (let p: usize = 0; p < panels; p++) {
    const from = x + p * xPanel;
    const count = list_rows(packed, from, k);
    if (skipPays(count, k)) panelListed(y + p * yPanel, w, bias, from, rows, k, packed, count);
    else {
      store<u32>(full, <u32>p);
      full += 4;
    }
  }
  if (full == firstFull) return;
  memory.fill(zeros, 0, 20);
  for (let i: usize = 0; i < rows; i += 5) {
    const r = min(i, rows - 5);
    const b = bias ? bias + (r << 2) : zeros;
    pack_rows5(packed, w + r * (k << 2), k << 2, k);
    for (let at = firstFull; at < full; at += 4) {
      const p = <usize>load<u32>(at);
      gemm_packed_panel(y + p * yPanel + (r << 5), 32, packed, b, x + p * xPanel, k, -Infinity);
    }
  }
}
