/**
 * Dense product over tiles, for weights that stay as they are: rows are packed by fives, so that one pointer walks
 * through all of them. Five rows by eight lanes keep ten sums, two inputs and one weight in fifteen registers.
 *
 * Sums are touched in the reverse of the order of their declaration: V8 then loads each weight where it is used,
 * instead of all of them first, for which there are no registers. The inner functions are exported only to keep the
 * optimizer from merging them into the loops around them; JavaScript does not call them.
 */
import { atLeast, madd } from '../simd';

/** Rows of a block. */
const BLOCK: usize = 5;

/** Five rows against eight lanes whose rows are 32 bytes apart: a constant that folds into the addresses. */
export function gemm_packed_panel(
  y: usize,
  yRow: usize,
  w: usize,
  bias: usize,
  x: usize,
  k: usize,
  low: f32,
): void {
  let s00 = v128.load32_splat(bias);
  let s01 = s00;
  let s10 = v128.load32_splat(bias, 4);
  let s11 = s10;
  let s20 = v128.load32_splat(bias, 8);
  let s21 = s20;
  let s30 = v128.load32_splat(bias, 12);
  let s31 = s30;
  let s40 = v128.load32_splat(bias, 16);
  let s41 = s40;
  for (const end = w + k * 20; w < end; w += 20) {
    const x1 = v128.load(x, 16),
      x0 = v128.load(x);
    let a = v128.load32_splat(w, 16);
    s41 = madd(a, x1, s41);
    s40 = madd(a, x0, s40);
    a = v128.load32_splat(w, 12);
    s31 = madd(a, x1, s31);
    s30 = madd(a, x0, s30);
    a = v128.load32_splat(w, 8);
    s21 = madd(a, x1, s21);
    s20 = madd(a, x0, s20);
    a = v128.load32_splat(w, 4);
    s11 = madd(a, x1, s11);
    s10 = madd(a, x0, s10);
    a = v128.load32_splat(w);
    s01 = madd(a, x1, s01);
    s00 = madd(a, x0, s00);
    x += 32;
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
  y += yRow;
  v128.store(y, atLeast(s40, floor));
  v128.store(y, atLeast(s41, floor), 16);
}

/** As gemm_packed_panel for eight lanes of a wider tile, whose rows are xRow bytes apart. */
export function gemm_packed_strided(
  y: usize,
  yRow: usize,
  w: usize,
  bias: usize,
  x: usize,
  xRow: usize,
  k: usize,
  low: f32,
): void {
  let s00 = v128.load32_splat(bias);
  let s01 = s00;
  let s10 = v128.load32_splat(bias, 4);
  let s11 = s10;
  let s20 = v128.load32_splat(bias, 8);
  let s21 = s20;
  let s30 = v128.load32_splat(bias, 12);
  let s31 = s30;
  let s40 = v128.load32_splat(bias, 16);
  let s41 = s40;
  for (const end = w + k * 20; w < end; w += 20) {
    const x1 = v128.load(x, 16),
      x0 = v128.load(x);
    let a = v128.load32_splat(w, 16);
    s41 = madd(a, x1, s41);
    s40 = madd(a, x0, s40);
    a = v128.load32_splat(w, 12);
    s31 = madd(a, x1, s31);
    s30 = madd(a, x0, s30);
    a = v128.load32_splat(w, 8);
    s21 = madd(a, x1, s21);
    s20 = madd(a, x0, s20);
    a = v128.load32_splat(w, 4);
    s11 = madd(a, x1, s11);
    s10 = madd(a, x0, s10);
    a = v128.load32_splat(w);
    s01 = madd(a, x1, s01);
    s00 = madd(a, x0, s00);
    x += xRow;
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
  y += yRow;
  v128.store(y, atLeast(s40, floor));
  v128.store(y, atLeast(s41, floor), 16);
}

/** Five rows against a tile of four lanes. */
export function gemm_packed_narrow(y: usize, w: usize, bias: usize, x: usize, k: usize, low: f32): void {
  let s0 = v128.load32_splat(bias);
  let s1 = v128.load32_splat(bias, 4);
  let s2 = v128.load32_splat(bias, 8);
  let s3 = v128.load32_splat(bias, 12);
  let s4 = v128.load32_splat(bias, 16);
  for (const end = w + k * 20; w < end; w += 20) {
    const a = v128.load(x);
    s4 = madd(v128.load32_splat(w, 16), a, s4);
    s3 = madd(v128.load32_splat(w, 12), a, s3);
    s2 = madd(v128.load32_splat(w, 8), a, s2);
    s1 = madd(v128.load32_splat(w, 4), a, s1);
    s0 = madd(v128.load32_splat(w), a, s0);
    x += 16;
  }
  const floor = f32x4.splat(low);
  v128.store(y, atLeast(s0, floor));
  v128.store(y, atLeast(s1, floor), 16);
  v128.store(y, atLeast(s2, floor), 32);
  v128.store(y, atLeast(s3, floor), 48);
  v128.store(y, atLeast(s4, floor), 64);
}

/** One row, four lanes; weights are wStep bytes apart. */
function row4(
  y: usize,
  w: usize,
  wStep: usize,
  bias: usize,
  x: usize,
  xRow: usize,
  k: usize,
  low: f32,
): void {
  let s = v128.load32_splat(bias);
  for (; k > 0; k--) {
    s = madd(v128.load32_splat(w), v128.load(x), s);
    w += wStep;
    x += xRow;
  }
  v128.store(y, atLeast(s, f32x4.splat(low)));
}

/** Weights, in floats, that third-level caches hold but in part. */
const FAR: usize = 1 << 21;

/**
 * Brings what lies at p nearer: products ask for a line so seldom that prefetchers, which begin anew with every page,
 * leave them waiting for main memory; asking for many lines at once is faster. (Of no use where a cache holds them.)
 * What was read goes to y, which is written next, so that no optimizer leaves it out.
 */
function touch(y: usize, p: usize, bytes: usize): void {
  let seen: u32 = 0;
  for (const end = p + bytes; p < end; p += 64) seen |= load<u32>(p);
  store<u32>(y, seen);
}

/**
 * Packs w [rows, k], row-major, for gemm_packed_f32: blocks of five rows as [k][5], the last one made of the last five
 * rows, so that it may overlap the one before. With fewer than five rows, [k][rows].
 */
export function gemm_pack_f32(y: usize, w: usize, rows: usize, k: usize): void {
  packFives(y, w, rows, k, min(rows, BLOCK) << 2);
}

/** The same with `step` bytes from the weights of one input to those of the next. */
export function packFives(y: usize, w: usize, rows: usize, k: usize, step: usize): void {
  const height = min(rows, BLOCK);
  const wRow = k << 2;
  for (let i: usize = 0; i < rows; i += BLOCK) {
    const first = min(i, rows - height);
    for (let r: usize = 0; r < height; r++) {
      let from = w + (first + r) * wRow;
      let to = y + (r << 2);
      for (const end = from + wRow; from < end; from += 4) {
        store<f32>(to, load<f32>(from));
        to += step;
      }
    }
    y += k * step;
  }
}

/**
 * y = max(W · x + b, low) over tiles.
 *
 * w packed by gemm_pack_f32; bias [rows]; x [tiles, k, lanes]; y [tiles, rows, lanes]; lanes 4 or a multiple of 8.
 * low = -Infinity for no activation, 0 for ReLU. y must not overlap an input.
 */
export function gemm_packed_f32(
  y: usize,
  w: usize,
  bias: usize,
  x: usize,
  rows: usize,
  k: usize,
  lanes: usize,
  tiles: usize,
  low: f32,
): void {
  const pitch = lanes << 2;
  if (rows < BLOCK) {
    for (; tiles > 0; tiles--) {
      for (let r: usize = 0; r < rows; r++) {
        for (let lane: usize = 0; lane < pitch; lane += 16) {
          row4(y + r * pitch + lane, w + (r << 2), rows << 2, bias + (r << 2), x + lane, pitch, k, low);
        }
      }
      y += rows * pitch;
      x += k * pitch;
    }
    return;
  }
  const far = rows * k > FAR && tiles > 0;
  for (let i: usize = 0; i < rows; i += BLOCK) {
    const first = min(i, rows - BLOCK);
    const b = bias + (first << 2);
    let to = y + first * pitch;
    let from = x;
    if (far) touch(to, w, k * BLOCK * 4);
    for (let t: usize = 0; t < tiles; t++) {
      if (pitch == 16) gemm_packed_narrow(to, w, b, from, k, low);
      else if (pitch == 32) gemm_packed_panel(to, pitch, w, b, from, k, low);
      else {
        for (let lane: usize = 0; lane < pitch; lane += 32) {
          gemm_packed_strided(to + lane, pitch, w, b, from + lane, pitch, k, low);
        }
      }
      to += rows * pitch;
      from += k * pitch;
    }
    w += k * BLOCK * 4;
  }
}
