/**
 * Blocks of the gradient of a convolution's weights: three filters by three columns, with nine sums, three gradients and
 * an input in registers, or two by four. The lanes of a sum are added up at the very end.
 *
 * V8 loads all that a basic block reads before it computes, for which there are no registers: the loops are cut by
 * tests that never hold, each another one, lest it be left out. Sums are touched in the reverse of the order of their
 * declaration. They are
 * exported to train.wasm only to keep the optimizer from merging them into the loops around them.
 */
import { loadUpTo4, madd, storeUpTo4, sumLanes4 } from '../simd';

/** The first `count` floats at p += x. */
function addUpTo4(p: usize, x: v128, count: usize): void {
  storeUpTo4(p, f32x4.add(loadUpTo4(p, count), x), count);
}

/** Where input column min(i, last) of a block begins. */
function columnAt(x: usize, offsets: usize, i: usize, last: usize): usize {
  return x + load<u32>(offsets + (min(i, last) << 2));
}

/** Three filters by `columns` <= 3 columns; yRow, dwRow: bytes between filters. */
export function conv_weight_nine(
  dw: usize,
  dwRow: usize,
  dy: usize,
  yRow: usize,
  x: usize,
  offsets: usize,
  columns: usize,
  runs: usize,
  runsEnd: usize,
  runBytes: usize,
): void {
  let s00 = f32x4.splat(0);
  let s10 = s00;
  let s20 = s00;
  let s01 = s00;
  let s11 = s00;
  let s21 = s00;
  let s02 = s00;
  let s12 = s00;
  let s22 = s00;
  const last = columns - 1;
  const from0 = columnAt(x, offsets, 0, last);
  const from1 = columnAt(x, offsets, 1, last);
  const from2 = columnAt(x, offsets, 2, last);
  for (; runs < runsEnd; runs += 8) {
    const at = load<u32>(runs);
    let p0 = from0 + at;
    let p1 = from1 + at;
    let p2 = from2 + at;
    let q0 = dy + load<u32>(runs, 4);
    let q1 = q0 + yRow;
    let q2 = q1 + yRow;
    const stop = q0 + runBytes;
    for (;;) {
      let y2 = v128.load(q2);
      let y1 = v128.load(q1);
      let y0 = v128.load(q0);
      let a = v128.load(p2);
      s22 = madd(a, y2, s22);
      s12 = madd(a, y1, s12);
      s02 = madd(a, y0, s02);
      if (q0 == stop) break; // never
      a = v128.load(p1);
      s21 = madd(a, y2, s21);
      s11 = madd(a, y1, s11);
      s01 = madd(a, y0, s01);
      a = v128.load(p0);
      s20 = madd(a, y2, s20);
      s10 = madd(a, y1, s10);
      s00 = madd(a, y0, s00);
      if (q0 > stop) break; // never
      y2 = v128.load(q2, 16);
      y1 = v128.load(q1, 16);
      y0 = v128.load(q0, 16);
      a = v128.load(p2, 16);
      s22 = madd(a, y2, s22);
      s12 = madd(a, y1, s12);
      s02 = madd(a, y0, s02);
      if (q1 < q0) break; // never
      a = v128.load(p1, 16);
      s21 = madd(a, y2, s21);
      s11 = madd(a, y1, s11);
      s01 = madd(a, y0, s01);
      a = v128.load(p0, 16);
      s20 = madd(a, y2, s20);
      s10 = madd(a, y1, s10);
      s00 = madd(a, y0, s00);
      p0 += 32;
      p1 += 32;
      p2 += 32;
      q0 += 32;
      q1 += 32;
      q2 += 32;
      if (q0 == stop) break;
    }
  }
  addUpTo4(dw, sumLanes4(s00, s01, s02, s02), columns);
  addUpTo4(dw + dwRow, sumLanes4(s10, s11, s12, s12), columns);
  addUpTo4(dw + 2 * dwRow, sumLanes4(s20, s21, s22, s22), columns);
}

/** Two filters by `columns` <= 4 columns; one filter if yRow is 0. */
export function conv_weight_eight(
  dw: usize,
  dwRow: usize,
  dy: usize,
  yRow: usize,
  x: usize,
  offsets: usize,
  columns: usize,
  runs: usize,
  runsEnd: usize,
  runBytes: usize,
): void {
  let s00 = f32x4.splat(0);
  let s10 = s00;
  let s01 = s00;
  let s11 = s00;
  let s02 = s00;
  let s12 = s00;
  let s03 = s00;
  let s13 = s00;
  const last = columns - 1;
  const from0 = columnAt(x, offsets, 0, last);
  const from1 = columnAt(x, offsets, 1, last);
  const from2 = columnAt(x, offsets, 2, last);
  const from3 = columnAt(x, offsets, 3, last);
  for (; runs < runsEnd; runs += 8) {
    const at = load<u32>(runs);
    let p0 = from0 + at;
    let p1 = from1 + at;
    let p2 = from2 + at;
    let p3 = from3 + at;
    let q0 = dy + load<u32>(runs, 4);
    let q1 = q0 + yRow;
    const stop = q0 + runBytes;
    for (;;) {
      let y1 = v128.load(q1);
      let y0 = v128.load(q0);
      let a = v128.load(p3);
      s13 = madd(a, y1, s13);
      s03 = madd(a, y0, s03);
      a = v128.load(p2);
      s12 = madd(a, y1, s12);
      s02 = madd(a, y0, s02);
      if (q0 == stop) break; // never
      a = v128.load(p1);
      s11 = madd(a, y1, s11);
      s01 = madd(a, y0, s01);
      a = v128.load(p0);
      s10 = madd(a, y1, s10);
      s00 = madd(a, y0, s00);
      if (q0 > stop) break; // never
      y1 = v128.load(q1, 16);
      y0 = v128.load(q0, 16);
      a = v128.load(p3, 16);
      s13 = madd(a, y1, s13);
      s03 = madd(a, y0, s03);
      a = v128.load(p2, 16);
      s12 = madd(a, y1, s12);
      s02 = madd(a, y0, s02);
      if (q1 < q0) break; // never
      a = v128.load(p1, 16);
      s11 = madd(a, y1, s11);
      s01 = madd(a, y0, s01);
      a = v128.load(p0, 16);
      s10 = madd(a, y1, s10);
      s00 = madd(a, y0, s00);
      p0 += 32;
      p1 += 32;
      p2 += 32;
      p3 += 32;
      q0 += 32;
      q1 += 32;
      if (q0 == stop) break;
    }
  }
  addUpTo4(dw, sumLanes4(s00, s01, s02, s03), columns);
  if (yRow) addUpTo4(dw + dwRow, sumLanes4(s10, s11, s12, s13), columns);
}
