/**
 * Dense convolution: the inputs of a few panels (eight neighbouring outputs of all filters) are copied together, column
 * by column, and multiplied as tiles of eight lanes are. Only those panels are ever copied, never the whole image.
 *
 * The inner functions are exported only to keep the optimizer from merging them into their callers.
 */
import { atLeast, madd } from '../simd';
import { copyNarrow, gatherPanel, PANEL } from './conv_gather_f32';
import { gemm_packed_panel } from './gemm_packed_f32';

/** Rows of a block of packed weights. */
const BLOCK: usize = 5;

/**
 * One to four rows against a panel, w [k][rows]. Rows that do not exist repeat the last one, in place: one row alone
 * would wait for its sums about as long.
 */
export function conv_dense_few(
  y: usize,
  yRow: usize,
  w: usize,
  rows: usize,
  bias: usize,
  x: usize,
  k: usize,
  low: f32,
): void {
  const last = rows - 1;
  const r1 = min<usize>(last, 1),
    r2 = min<usize>(last, 2),
    r3 = last;
  let s0 = v128.load32_splat(bias);
  let s1 = s0;
  let t0 = v128.load32_splat(bias + (r1 << 2));
  let t1 = t0;
  let u0 = v128.load32_splat(bias + (r2 << 2));
  let u1 = u0;
  let v0 = v128.load32_splat(bias + (r3 << 2));
  let v1 = v0;
  for (const end = x + (k << 5); x < end; x += 32) {
    const b = v128.load(x, 16),
      a = v128.load(x);
    let weight = v128.load32_splat(w + (r3 << 2));
    v1 = madd(weight, b, v1);
    v0 = madd(weight, a, v0);
    weight = v128.load32_splat(w + (r2 << 2));
    u1 = madd(weight, b, u1);
    u0 = madd(weight, a, u0);
    weight = v128.load32_splat(w + (r1 << 2));
    t1 = madd(weight, b, t1);
    t0 = madd(weight, a, t0);
    weight = v128.load32_splat(w);
    s1 = madd(weight, b, s1);
    s0 = madd(weight, a, s0);
    w += rows << 2;
  }
  const floor = f32x4.splat(low);
  v128.store(y, atLeast(s0, floor));
  v128.store(y, atLeast(s1, floor), 16);
  v128.store(y + r1 * yRow, atLeast(t0, floor));
  v128.store(y + r1 * yRow, atLeast(t1, floor), 16);
  v128.store(y + r2 * yRow, atLeast(u0, floor));
  v128.store(y + r2 * yRow, atLeast(u1, floor), 16);
  v128.store(y + r3 * yRow, atLeast(v0, floor));
  v128.store(y + r3 * yRow, atLeast(v1, floor), 16);
}

/** All rows against `count` gathered panels; y rows are yRow bytes apart. */
function multiply(
  y: usize,
  yRow: usize,
  w: usize,
  bias: usize,
  panels: usize,
  gathered: usize,
  rows: usize,
  k: usize,
  count: usize,
  low: f32,
): void {
  const end = panels + count * PANEL;
  for (let i: usize = 0; i < rows; i += BLOCK) {
    const first = rows < BLOCK ? 0 : min(i, rows - BLOCK);
    const to = y + first * yRow;
    const b = bias + (first << 2);
    let x = gathered;
    for (let panel = panels; panel < end; panel += PANEL) {
      const place = to + <usize>load<u32>(panel);
      if (rows < BLOCK) conv_dense_few(place, yRow, w, rows, b, x, k, low);
      else gemm_packed_panel(place, yRow, w, b, x, k, low);
      x += k << 5;
    }
    w += k * BLOCK * 4;
  }
}

/**
 * y = max(W * x + b, low), W dense: one tile, one group.
 *
 * w [rows, k] packed by gemm_pack_f32; bias [rows]; x is what `offsets` [k] u32 (bytes, of a column's input from an
 * output's base) lead into; panels [count] as in conv_gather_f32.ts, which may overlap; y [rows, plane].
 *
 * `chunk` panels are gathered at a time, into scratch [min(chunk, count), k, 8]. With plane < 8 there is one panel, at
 * 0, and scratch holds [rows, 8] more. y must not overlap an input.
 */
export function conv_dense_f32(
  y: usize,
  w: usize,
  bias: usize,
  x: usize,
  panels: usize,
  offsets: usize,
  scratch: usize,
  rows: usize,
  k: usize,
  plane: usize,
  count: usize,
  chunk: usize,
  low: f32,
): void {
  const panelBytes = k << 5;
  const narrow = plane < 8;
  const to = narrow ? scratch + panelBytes : y;
  for (let done: usize = 0; done < count; done += chunk) {
    const here = min(chunk, count - done);
    for (let p: usize = 0; p < here; p++) {
      gatherPanel(scratch + p * panelBytes, panels + p * PANEL, x, offsets, k, 32);
    }
    multiply(to, narrow ? 32 : plane << 2, w, bias, panels, scratch, rows, k, here, low);
    panels += here * PANEL;
  }
  if (narrow) copyNarrow(y, to, rows, plane);
}
