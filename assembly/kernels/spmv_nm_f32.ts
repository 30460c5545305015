/**
 * Products for one sample with N:M patterns: at most n of every m inputs of a row.
 *
 * y = max(W · x + b, low). Eight rows make a group, in two vectors; the sum of a row starts with its bias and takes its
 * terms in the order of their columns. groups [count]: bias [8] f32, byte offset of each row in y [8] u32, then for
 * each m inputs: places [n][8][4] u8, values [n][8] f32. The four places of a row are the bytes of its input among the
 * m * 4; 128 for a row that has fewer than n, with value 0. x [cols], cols a multiple of m; y [rows].
 *
 * Explicit bytes cost memory, but whatever is packed tighter takes more loads and shuffles to unpack than it saves.
 */
import { atLeast, madd } from '../simd';

/** The inputs that `at` points to, out of eight. */
function pick8(x0: v128, x1: v128, at: v128): v128 {
  return v128.or(i8x16.swizzle(x0, at), i8x16.swizzle(x1, i8x16.sub(at, i8x16.splat(16))));
}

/** Stores eight sums at their rows. */
function scatter8(y: usize, rows: usize, s0: v128, s1: v128, low: f32): void {
  const floor = f32x4.splat(low);
  s0 = atLeast(s0, floor);
  s1 = atLeast(s1, floor);
  v128.store_lane<u32>(y + <usize>load<u32>(rows), s0, 0);
  v128.store_lane<u32>(y + <usize>load<u32>(rows, 4), s0, 1);
  v128.store_lane<u32>(y + <usize>load<u32>(rows, 8), s0, 2);
  v128.store_lane<u32>(y + <usize>load<u32>(rows, 12), s0, 3);
  v128.store_lane<u32>(y + <usize>load<u32>(rows, 16), s1, 0);
  v128.store_lane<u32>(y + <usize>load<u32>(rows, 20), s1, 1);
  v128.store_lane<u32>(y + <usize>load<u32>(rows, 24), s1, 2);
  v128.store_lane<u32>(y + <usize>load<u32>(rows, 28), s1, 3);
}

/** One of four: see above. */
export function spmv_1of4_f32(y: usize, groups: usize, count: usize, x: usize, cols: usize, low: f32): void {
  const begin = x;
  const end = x + (cols << 2);
  for (; count > 0; count--) {
    let s0 = v128.load(groups),
      s1 = v128.load(groups, 16);
    const rows = groups + 32;
    groups += 64;
    for (x = begin; x < end; x += 16) {
      const x0 = v128.load(x);
      let at = v128.load(groups);
      s0 = madd(v128.load(groups, 32), i8x16.swizzle(x0, at), s0);
      at = v128.load(groups, 16);
      s1 = madd(v128.load(groups, 48), i8x16.swizzle(x0, at), s1);
      groups += 64;
    }
    scatter8(y, rows, s0, s1, low);
  }
}

/** Two of four: see above. */
export function spmv_2of4_f32(y: usize, groups: usize, count: usize, x: usize, cols: usize, low: f32): void {
  const begin = x;
  const end = x + (cols << 2);
  for (; count > 0; count--) {
    let s0 = v128.load(groups),
      s1 = v128.load(groups, 16);
    const rows = groups + 32;
    groups += 64;
    for (x = begin; x < end; x += 16) {
      const x0 = v128.load(x);
      let at = v128.load(groups);
      s0 = madd(v128.load(groups, 64), i8x16.swizzle(x0, at), s0);
      at = v128.load(groups, 16);
      s1 = madd(v128.load(groups, 80), i8x16.swizzle(x0, at), s1);
      at = v128.load(groups, 32);
      s0 = madd(v128.load(groups, 96), i8x16.swizzle(x0, at), s0);
      at = v128.load(groups, 48);
      s1 = madd(v128.load(groups, 112), i8x16.swizzle(x0, at), s1);
      groups += 128;
    }
    scatter8(y, rows, s0, s1, low);
  }
}

/** Two of eight: see above. */
export function spmv_2of8_f32(y: usize, groups: usize, count: usize, x: usize, cols: usize, low: f32): void {
  const begin = x;
  const end = x + (cols << 2);
  for (; count > 0; count--) {
    let s0 = v128.load(groups),
      s1 = v128.load(groups, 16);
    const rows = groups + 32;
    groups += 64;
    for (x = begin; x < end; x += 32) {
      const x0 = v128.load(x);
      const x1 = v128.load(x, 16);
      let at = v128.load(groups);
      s0 = madd(v128.load(groups, 64), pick8(x0, x1, at), s0);
      at = v128.load(groups, 16);
      s1 = madd(v128.load(groups, 80), pick8(x0, x1, at), s1);
      at = v128.load(groups, 32);
      s0 = madd(v128.load(groups, 96), pick8(x0, x1, at), s0);
      at = v128.load(groups, 48);
      s1 = madd(v128.load(groups, 112), pick8(x0, x1, at), s1);
      groups += 128;
    }
    scatter8(y, rows, s0, s1, low);
  }
}
