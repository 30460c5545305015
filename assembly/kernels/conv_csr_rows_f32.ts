/**
 * Rows of sparse weights (CSR) against points: eight neighbouring outputs of a convolution whose inputs are neighbours
 * too. An entry holds where its input lies from the base of a point (u32 bytes), and its weight.
 *
 * Sums are touched in the reverse of the order of their declaration, which keeps V8 from loading all inputs first.
 * The inner functions are exported only to keep the optimizer from merging them into their callers.
 */
import { atLeast, madd } from '../simd';
import { spmm_csr32_rows } from './spmm_csr_f32';

/** One row against four points, described as in conv_csr_f32; bias 0 means that y is continued. */
export function conv_csr_points4(
  y: usize,
  points: usize,
  entry: usize,
  end: usize,
  bias: usize,
  x: usize,
  low: f32,
): void {
  const x0 = x + <usize>load<u32>(points),
    x1 = x + <usize>load<u32>(points, 4),
    x2 = x + <usize>load<u32>(points, 8),
    x3 = x + <usize>load<u32>(points, 12);
  const y0 = y + <usize>load<u32>(points, 16),
    y1 = y + <usize>load<u32>(points, 20),
    y2 = y + <usize>load<u32>(points, 24),
    y3 = y + <usize>load<u32>(points, 28);
  let s0: v128, s1: v128, s2: v128, s3: v128, s4: v128, s5: v128, s6: v128, s7: v128;
  if (bias) {
    s0 = v128.load32_splat(bias);
    s1 = s0;
    s2 = s0;
    s3 = s0;
    s4 = s0;
    s5 = s0;
    s6 = s0;
    s7 = s0;
  } else {
    s0 = v128.load(y0);
    s1 = v128.load(y0, 16);
    s2 = v128.load(y1);
    s3 = v128.load(y1, 16);
    s4 = v128.load(y2);
    s5 = v128.load(y2, 16);
    s6 = v128.load(y3);
    s7 = v128.load(y3, 16);
  }
  for (; entry < end; entry += 8) {
    const offset = <usize>load<u32>(entry);
    const w = v128.load32_splat(entry, 4);
    let p = x3 + offset;
    s7 = madd(w, v128.load(p, 16), s7);
    s6 = madd(w, v128.load(p), s6);
    p = x2 + offset;
    s5 = madd(w, v128.load(p, 16), s5);
    s4 = madd(w, v128.load(p), s4);
    p = x1 + offset;
    s3 = madd(w, v128.load(p, 16), s3);
    s2 = madd(w, v128.load(p), s2);
    p = x0 + offset;
    s1 = madd(w, v128.load(p, 16), s1);
    s0 = madd(w, v128.load(p), s0);
  }
  const floor = f32x4.splat(low);
  v128.store(y0, atLeast(s0, floor));
  v128.store(y0, atLeast(s1, floor), 16);
  v128.store(y1, atLeast(s2, floor));
  v128.store(y1, atLeast(s3, floor), 16);
  v128.store(y2, atLeast(s4, floor));
  v128.store(y2, atLeast(s5, floor), 16);
  v128.store(y3, atLeast(s6, floor));
  v128.store(y3, atLeast(s7, floor), 16);
}

/** What is left of one row against a point, of which s and t are the sums so far. */
function finish(y: usize, s: v128, t: v128, entry: usize, end: usize, x: usize, low: f32): void {
  for (; entry < end; entry += 8) {
    const p = x + <usize>load<u32>(entry);
    const w = v128.load32_splat(entry, 4);
    t = madd(w, v128.load(p, 16), t);
    s = madd(w, v128.load(p), s);
  }
  const floor = f32x4.splat(low);
  v128.store(y, atLeast(s, floor));
  v128.store(y, atLeast(t, floor), 16);
}

/** Four rows against one point: together as far as the shortest goes, then one by one; bias 0 means that y is continued. */
export function conv_csr_rows4(
  y: usize,
  yRow: usize,
  entries: usize,
  ends: usize,
  entry: usize,
  bias: usize,
  x: usize,
  low: f32,
): void {
  const end0 = entries + <usize>load<u32>(ends),
    end1 = entries + <usize>load<u32>(ends, 4),
    end2 = entries + <usize>load<u32>(ends, 8),
    end3 = entries + <usize>load<u32>(ends, 12);
  const common = min(min(end0 - entry, end1 - end0), min(end2 - end1, end3 - end2));
  const y1 = y + yRow,
    y2 = y1 + yRow,
    y3 = y2 + yRow;
  let s0: v128, s1: v128, t0: v128, t1: v128, u0: v128, u1: v128, v0: v128, v1: v128;
  if (bias) {
    s0 = v128.load32_splat(bias);
    s1 = s0;
    t0 = v128.load32_splat(bias, 4);
    t1 = t0;
    u0 = v128.load32_splat(bias, 8);
    u1 = u0;
    v0 = v128.load32_splat(bias, 12);
    v1 = v0;
  } else {
    s0 = v128.load(y);
    s1 = v128.load(y, 16);
    t0 = v128.load(y1);
    t1 = v128.load(y1, 16);
    u0 = v128.load(y2);
    u1 = v128.load(y2, 16);
    v0 = v128.load(y3);
    v1 = v128.load(y3, 16);
  }
  let e1 = end0,
    e2 = end1,
    e3 = end2;
  for (const stop = entry + common; entry < stop; entry += 8) {
    let p = x + <usize>load<u32>(e3);
    let w = v128.load32_splat(e3, 4);
    v1 = madd(w, v128.load(p, 16), v1);
    v0 = madd(w, v128.load(p), v0);
    p = x + <usize>load<u32>(e2);
    w = v128.load32_splat(e2, 4);
    u1 = madd(w, v128.load(p, 16), u1);
    u0 = madd(w, v128.load(p), u0);
    p = x + <usize>load<u32>(e1);
    w = v128.load32_splat(e1, 4);
    t1 = madd(w, v128.load(p, 16), t1);
    t0 = madd(w, v128.load(p), t0);
    p = x + <usize>load<u32>(entry);
    w = v128.load32_splat(entry, 4);
    s1 = madd(w, v128.load(p, 16), s1);
    s0 = madd(w, v128.load(p), s0);
    e1 += 8;
    e2 += 8;
    e3 += 8;
  }
  finish(y, s0, s1, entry, end0, x, low);
  finish(y1, t0, t1, e1, end1, x, low);
  finish(y2, u0, u1, e2, end2, x, low);
  finish(y3, v0, v1, e3, end3, x, low);
}

/** All rows against four points; bias 0 means that y is continued. */
export function fourPoints(
  y: usize,
  points: usize,
  entries: usize,
  entry: usize,
  ends: usize,
  bias: usize,
  x: usize,
  rows: usize,
  yRow: usize,
  low: f32,
): void {
  const x0 = load<u32>(points),
    y0 = load<u32>(points, 16);
  const together =
    load<u32>(points, 4) == x0 + 32 &&
    load<u32>(points, 8) == x0 + 64 &&
    load<u32>(points, 12) == x0 + 96 &&
    load<u32>(points, 20) == y0 + 32 &&
    load<u32>(points, 24) == y0 + 64 &&
    load<u32>(points, 28) == y0 + 96;
  if (together) {
    spmm_csr32_rows(y + <usize>y0, yRow, entry, entries, ends, 0, bias, x + <usize>x0, rows, low);
    return;
  }
  for (let r: usize = 0; r < rows; r++) {
    const end = entries + <usize>load<u32>(ends + (r << 2));
    conv_csr_points4(y, points, entry, end, bias, x, low);
    entry = end;
    if (bias) bias += 4;
    y += yRow;
  }
}

/** All rows against one point; bias 0 means that y is continued. */
export function onePoint(
  y: usize,
  entries: usize,
  entry: usize,
  ends: usize,
  bias: usize,
  x: usize,
  rows: usize,
  yRow: usize,
  low: f32,
): void {
  for (; rows >= 4; rows -= 4) {
    conv_csr_rows4(y, yRow, entries, ends, entry, bias, x, low);
    entry = entries + <usize>load<u32>(ends, 12);
    ends += 16;
    if (bias) bias += 16;
    y += yRow << 2;
  }
  for (; rows > 0; rows--) {
    const end = entries + <usize>load<u32>(ends);
    if (bias) {
      const b = v128.load32_splat(bias);
      finish(y, b, b, entry, end, x, low);
      bias += 4;
    } else finish(y, v128.load(y), v128.load(y, 16), entry, end, x, low);
    entry = end;
    ends += 4;
    y += yRow;
  }
}
