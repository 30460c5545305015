/** Dense product for one sample. */
import { madd, sumLanes4 } from '../simd';

/** Dot product of one row with x, any length. */
function dot(w: usize, x: usize, k: usize): f32 {
  let sum: f32 = 0;
  let s0 = f32x4.splat(0),
    s1 = s0;
  const end = x + (k << 2);
  const end8 = x + ((k & ~7) << 2);
  for (; x < end8; x += 32) {
    s0 = madd(v128.load(w), v128.load(x), s0);
    s1 = madd(v128.load(w, 16), v128.load(x, 16), s1);
    w += 32;
  }
  for (; x < end; x += 4) {
    sum += load<f32>(w) * load<f32>(x);
    w += 4;
  }
  const s = f32x4.add(s0, s1);
  const pair = f32x4.add(s, v128.shuffle<f32>(s, s, 2, 3, 0, 1));
  return f32x4.extract_lane(pair, 0) + f32x4.extract_lane(pair, 1) + sum;
}

/** Four rows at once, eight inputs a turn. */
function dot4(y: usize, w: usize, bias: usize, x: usize, k: usize, low: f32): void {
  const wRow = k << 2;
  let w1 = w + wRow,
    w2 = w1 + wRow,
    w3 = w2 + wRow;
  let s0 = f32x4.splat(0),
    s1 = s0,
    s2 = s0,
    s3 = s0,
    t0 = s0,
    t1 = s0,
    t2 = s0,
    t3 = s0;
  const end = x + (k << 2);
  const end8 = x + ((k & ~7) << 2);
  while (x < end8) {
    let a = v128.load(x);
    t0 = madd(v128.load(w), a, t0);
    t1 = madd(v128.load(w1), a, t1);
    t2 = madd(v128.load(w2), a, t2);
    t3 = madd(v128.load(w3), a, t3);
    if (x == end) break; // never: a block boundary for V8, see gemm_f32
    a = v128.load(x, 16);
    s0 = madd(v128.load(w, 16), a, s0);
    s1 = madd(v128.load(w1, 16), a, s1);
    s2 = madd(v128.load(w2, 16), a, s2);
    s3 = madd(v128.load(w3, 16), a, s3);
    x += 32;
    w += 32;
    w1 += 32;
    w2 += 32;
    w3 += 32;
  }
  let r0: f32 = 0,
    r1: f32 = 0,
    r2: f32 = 0,
    r3: f32 = 0;
  for (; x < end; x += 4) {
    const a = load<f32>(x);
    r0 += load<f32>(w) * a;
    r1 += load<f32>(w1) * a;
    r2 += load<f32>(w2) * a;
    r3 += load<f32>(w3) * a;
    w += 4;
    w1 += 4;
    w2 += 4;
    w3 += 4;
  }
  let sum = sumLanes4(f32x4.add(s0, t0), f32x4.add(s1, t1), f32x4.add(s2, t2), f32x4.add(s3, t3));
  let rest = f32x4.splat(r0);
  rest = f32x4.replace_lane(rest, 1, r1);
  rest = f32x4.replace_lane(rest, 2, r2);
  rest = f32x4.replace_lane(rest, 3, r3);
  sum = f32x4.add(sum, rest);
  if (bias) sum = f32x4.add(sum, v128.load(bias));
  v128.store(y, f32x4.pmax(sum, f32x4.splat(low)));
}

/**
 * y = max(W · x + b, low) for one sample.
 *
 * w [rows, k] row-major; bias [rows] or 0; x [k]; y [rows]. low = -Infinity for no activation, 0 for ReLU.
 */
export function gemv_f32(y: usize, w: usize, bias: usize, x: usize, rows: usize, k: usize, low: f32): void {
  const wRow = k << 2;
  if (rows < 4) {
    for (let r: usize = 0; r < rows; r++) {
      const s = dot(w + r * wRow, x, k) + (bias ? load<f32>(bias + (r << 2)) : 0);
      store<f32>(y + (r << 2), s < low ? low : s);
    }
    return;
  }
  for (let i: usize = 0; i < rows; i += 4) {
    const r = min(i, rows - 4);
    dot4(y + (r << 2), w + r * wRow, bias ? bias + (r << 2) : 0, x, k, low);
  }
}
