/** Packing by fives while training: what gemm_packed_panel reads, made anew for weights that change with every step. */
import { madd } from '../simd';

/** Four columns of five rows, as [4][5]. */
function transpose5(y: usize, x0: usize, x1: usize, x2: usize, x3: usize, x4: usize): void {
  const a = v128.load(x0),
    b = v128.load(x1),
    c = v128.load(x2),
    d = v128.load(x3),
    e = v128.load(x4);
  const ab0 = v128.shuffle<f32>(a, b, 0, 4, 1, 5),
    ab1 = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  const cd0 = v128.shuffle<f32>(c, d, 0, 4, 1, 5),
    cd1 = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  v128.store(y, v128.shuffle<f32>(ab0, cd0, 0, 1, 4, 5));
  v128.store_lane<u32>(y, e, 0, 16);
  v128.store(y, v128.shuffle<f32>(ab0, cd0, 2, 3, 6, 7), 20);
  v128.store_lane<u32>(y, e, 1, 36);
  v128.store(y, v128.shuffle<f32>(ab1, cd1, 0, 1, 4, 5), 40);
  v128.store_lane<u32>(y, e, 2, 56);
  v128.store(y, v128.shuffle<f32>(ab1, cd1, 2, 3, 6, 7), 60);
  v128.store_lane<u32>(y, e, 3, 76);
}

/**
 * Five rows of x, xRow bytes apart, as [k][5].
 * Exported only to keep the optimizer from merging it into the loops around it; JavaScript does not call it.
 */
export function pack_rows5(y: usize, x: usize, xRow: usize, k: usize): void {
  let x1 = x + xRow,
    x2 = x1 + xRow,
    x3 = x2 + xRow,
    x4 = x3 + xRow;
  const end = x + (k << 2);
  const end4 = x + ((k & ~3) << 2);
  for (; x < end4; x += 16) {
    transpose5(y, x, x1, x2, x3, x4);
    x1 += 16;
    x2 += 16;
    x3 += 16;
    x4 += 16;
    y += 80;
  }
  for (; x < end; x += 4) {
    store<f32>(y, load<f32>(x));
    store<f32>(y, load<f32>(x1), 4);
    store<f32>(y, load<f32>(x2), 8);
    store<f32>(y, load<f32>(x3), 12);
    store<f32>(y, load<f32>(x4), 16);
    x1 += 4;
    x2 += 4;
    x3 += 4;
    x4 += 4;
    y += 20;
  }
}

/** Transposes four rows of four floats; rows of both are 32 bytes apart. */
export function transpose4(y: usize, x: usize): void {
  const a = v128.load(x),
    b = v128.load(x, 32),
    c = v128.load(x, 64),
    d = v128.load(x, 96);
  const ab0 = v128.shuffle<f32>(a, b, 0, 4, 1, 5),
    ab1 = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  const cd0 = v128.shuffle<f32>(c, d, 0, 4, 1, 5),
    cd1 = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  v128.store(y, v128.shuffle<f32>(ab0, cd0, 0, 1, 4, 5));
  v128.store(y, v128.shuffle<f32>(ab0, cd0, 2, 3, 6, 7), 32);
  v128.store(y, v128.shuffle<f32>(ab1, cd1, 0, 1, 4, 5), 64);
  v128.store(y, v128.shuffle<f32>(ab1, cd1, 2, 3, 6, 7), 96);
}

/** Transposes eight rows of eight floats. */
export function transpose8(y: usize, x: usize): void {
  transpose4(y, x);
  transpose4(y + 16, x + 128);
  transpose4(y + 128, x + 16);
  transpose4(y + 144, x + 144);
}

/**
 * As gemm_packed_panel, for the listed terms only: list [count] offsets of rows, a row counting four bytes, as
 * list_rows writes them. Sums begin at zero.
 * Exported only to keep the optimizer from merging it into the loops around it; JavaScript does not call it.
 */
export function gemm_fives_listed(
  y: usize,
  yRow: usize,
  w: usize,
  x: usize,
  list: usize,
  count: usize,
): void {
  let s00 = f32x4.splat(0);
  let s01 = s00;
  let s10 = s00;
  let s11 = s00;
  let s20 = s00;
  let s21 = s00;
  let s30 = s00;
  let s31 = s00;
  let s40 = s00;
  let s41 = s00;
  for (const end = list + (count << 2); list < end; list += 4) {
    const at = <usize>load<u32>(list);
    const p = x + (at << 3);
    const q = w + at * 5;
    const x1 = v128.load(p, 16),
      x0 = v128.load(p);
    let a = v128.load32_splat(q, 16);
    s41 = madd(a, x1, s41);
    s40 = madd(a, x0, s40);
    a = v128.load32_splat(q, 12);
    s31 = madd(a, x1, s31);
    s30 = madd(a, x0, s30);
    a = v128.load32_splat(q, 8);
    s21 = madd(a, x1, s21);
    s20 = madd(a, x0, s20);
    a = v128.load32_splat(q, 4);
    s11 = madd(a, x1, s11);
    s10 = madd(a, x0, s10);
    a = v128.load32_splat(q);
    s01 = madd(a, x1, s01);
    s00 = madd(a, x0, s00);
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
  y += yRow;
  v128.store(y, s40);
  v128.store(y, s41, 16);
}
