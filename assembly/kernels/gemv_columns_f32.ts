/**
 * Dense product for one sample over weights stored input by input: rows stand in lanes, so that each has one sum, and
 * inputs that are zero can be left out. Panels of 32 rows keep the weights in one stream and the sums in registers.
 */
import { atLeast, madd } from '../simd';
import { count_nonzero_f32 } from './count_nonzero_f32';
import { list_nonzero_f32 } from './list_nonzero_f32';

/** 32 rows over all inputs, two a turn, w [k, 32]. Exported only to keep it apart, as the others below. */
export function gemv_columns_rows32(y: usize, w: usize, bias: usize, x: usize, k: usize, low: f32): void {
  let s0 = v128.load(bias),
    s1 = v128.load(bias, 16),
    s2 = v128.load(bias, 32),
    s3 = v128.load(bias, 48),
    s4 = v128.load(bias, 64),
    s5 = v128.load(bias, 80),
    s6 = v128.load(bias, 96),
    s7 = v128.load(bias, 112);
  const end = x + (k << 2);
  for (const most = end - 4; x < most; x += 8) {
    let a = v128.load32_splat(x);
    s7 = madd(v128.load(w, 112), a, s7);
    s6 = madd(v128.load(w, 96), a, s6);
    s5 = madd(v128.load(w, 80), a, s5);
    s4 = madd(v128.load(w, 64), a, s4);
    s3 = madd(v128.load(w, 48), a, s3);
    s2 = madd(v128.load(w, 32), a, s2);
    s1 = madd(v128.load(w, 16), a, s1);
    s0 = madd(v128.load(w), a, s0);
    a = v128.load32_splat(x, 4);
    s7 = madd(v128.load(w, 240), a, s7);
    s6 = madd(v128.load(w, 224), a, s6);
    s5 = madd(v128.load(w, 208), a, s5);
    s4 = madd(v128.load(w, 192), a, s4);
    s3 = madd(v128.load(w, 176), a, s3);
    s2 = madd(v128.load(w, 160), a, s2);
    s1 = madd(v128.load(w, 144), a, s1);
    s0 = madd(v128.load(w, 128), a, s0);
    w += 256;
  }
  if (x < end) {
    const a = v128.load32_splat(x);
    s7 = madd(v128.load(w, 112), a, s7);
    s6 = madd(v128.load(w, 96), a, s6);
    s5 = madd(v128.load(w, 80), a, s5);
    s4 = madd(v128.load(w, 64), a, s4);
    s3 = madd(v128.load(w, 48), a, s3);
    s2 = madd(v128.load(w, 32), a, s2);
    s1 = madd(v128.load(w, 16), a, s1);
    s0 = madd(v128.load(w), a, s0);
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

/** 32 rows over the listed inputs: list [count] u32. */
export function gemv_columns_listed32(
  y: usize,
  w: usize,
  bias: usize,
  x: usize,
  list: usize,
  count: usize,
  low: f32,
): void {
  let s0 = v128.load(bias),
    s1 = v128.load(bias, 16),
    s2 = v128.load(bias, 32),
    s3 = v128.load(bias, 48),
    s4 = v128.load(bias, 64),
    s5 = v128.load(bias, 80),
    s6 = v128.load(bias, 96),
    s7 = v128.load(bias, 112);
  for (const end = list + (count << 2); list < end; list += 4) {
    const at = <usize>load<u32>(list);
    const p = w + (at << 7);
    const a = v128.load32_splat(x + (at << 2));
    s7 = madd(v128.load(p, 112), a, s7);
    s6 = madd(v128.load(p, 96), a, s6);
    s5 = madd(v128.load(p, 80), a, s5);
    s4 = madd(v128.load(p, 64), a, s4);
    s3 = madd(v128.load(p, 48), a, s3);
    s2 = madd(v128.load(p, 32), a, s2);
    s1 = madd(v128.load(p, 16), a, s1);
    s0 = madd(v128.load(p), a, s0);
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

/** 16 rows over all inputs, w [k, 16]. Exported only to keep it apart, as the others below. */
export function gemv_columns_rows16(y: usize, w: usize, bias: usize, x: usize, k: usize, low: f32): void {
  let s0 = v128.load(bias),
    s1 = v128.load(bias, 16),
    s2 = v128.load(bias, 32),
    s3 = v128.load(bias, 48);
  for (const end = x + (k << 2); x < end; x += 4) {
    const a = v128.load32_splat(x);
    s3 = madd(v128.load(w, 48), a, s3);
    s2 = madd(v128.load(w, 32), a, s2);
    s1 = madd(v128.load(w, 16), a, s1);
    s0 = madd(v128.load(w), a, s0);
    w += 64;
  }
  const floor = f32x4.splat(low);
  v128.store(y, atLeast(s0, floor));
  v128.store(y, atLeast(s1, floor), 16);
  v128.store(y, atLeast(s2, floor), 32);
  v128.store(y, atLeast(s3, floor), 48);
}

/** 16 rows over the listed inputs: list [count] u32. */
export function gemv_columns_listed16(
  y: usize,
  w: usize,
  bias: usize,
  x: usize,
  list: usize,
  count: usize,
  low: f32,
): void {
  let s0 = v128.load(bias),
    s1 = v128.load(bias, 16),
    s2 = v128.load(bias, 32),
    s3 = v128.load(bias, 48);
  for (const end = list + (count << 2); list < end; list += 4) {
    const at = <usize>load<u32>(list);
    const p = w + (at << 6);
    const a = v128.load32_splat(x + (at << 2));
    s3 = madd(v128.load(p, 48), a, s3);
    s2 = madd(v128.load(p, 32), a, s2);
    s1 = madd(v128.load(p, 16), a, s1);
    s0 = madd(v128.load(p), a, s0);
  }
  const floor = f32x4.splat(low);
  v128.store(y, atLeast(s0, floor));
  v128.store(y, atLeast(s1, floor), 16);
  v128.store(y, atLeast(s2, floor), 32);
  v128.store(y, atLeast(s3, floor), 48);
}

/** 4 rows over all inputs, w [k, 4]. Exported only to keep it apart, as the others below. */
export function gemv_columns_rows4(y: usize, w: usize, bias: usize, x: usize, k: usize, low: f32): void {
  let s0 = v128.load(bias);
  for (const end = x + (k << 2); x < end; x += 4) {
    const a = v128.load32_splat(x);
    s0 = madd(v128.load(w), a, s0);
    w += 16;
  }
  const floor = f32x4.splat(low);
  v128.store(y, atLeast(s0, floor));
}

/** 4 rows over the listed inputs: list [count] u32. */
export function gemv_columns_listed4(
  y: usize,
  w: usize,
  bias: usize,
  x: usize,
  list: usize,
  count: usize,
  low: f32,
): void {
  let s0 = v128.load(bias);
  for (const end = list + (count << 2); list < end; list += 4) {
    const at = <usize>load<u32>(list);
    const p = w + (at << 4);
    const a = v128.load32_splat(x + (at << 2));
    s0 = madd(v128.load(p), a, s0);
  }
  const floor = f32x4.splat(low);
  v128.store(y, atLeast(s0, floor));
}

/** Rows of the next panel when `rows` are left: what reads the fewest weights. */
function panelOf(rows: usize): usize {
  return rows > 20 ? 32 : rows > 4 ? 16 : 4;
}

/**
 * y = max(W · x + b, low) for one sample; the sum of a row starts with its bias and takes the inputs in order.
 *
 * w: panels [k, 32], then for the rows that are left [k, 32], [k, 16] or [k, 4], see panelOf; short panels are filled
 * up with zeros. bias [rows, filled up likewise]; x [k]; y [rows];
 * most: zero inputs are left out when no more than so many are left; 0 unless W is finite. scratch: k * 4 + 160 bytes.
 */
export function gemv_columns_f32(
  y: usize,
  w: usize,
  bias: usize,
  x: usize,
  rows: usize,
  k: usize,
  low: f32,
  most: usize,
  scratch: usize,
): void {
  const list = scratch + 128;
  let count: usize = most ? count_nonzero_f32(x, k) : k;
  const listed = count <= most;
  if (listed) count = list_nonzero_f32(list, x, k);
  while (rows > 0) {
    const panel = panelOf(rows);
    const to = rows < panel ? scratch : y;
    if (listed) {
      if (panel == 32) gemv_columns_listed32(to, w, bias, x, list, count, low);
      else if (panel == 16) gemv_columns_listed16(to, w, bias, x, list, count, low);
      else gemv_columns_listed4(to, w, bias, x, list, count, low);
    } else if (panel == 32) gemv_columns_rows32(to, w, bias, x, k, low);
    else if (panel == 16) gemv_columns_rows16(to, w, bias, x, k, low);
    else gemv_columns_rows4(to, w, bias, x, k, low);
    if (rows < panel) {
      for (let i: usize = 0; i < rows << 2; i += 4) store<f32>(y + i, load<f32>(scratch + i));
      return;
    }
    rows -= panel;
    y += panel << 2;
    bias += panel << 2;
    w += (k * panel) << 2;
  }
}
