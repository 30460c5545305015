/**
 * Convolution with weights in blocks: two or four consecutive filters share their columns, so that an input is loaded
 * once for several outputs. Entries and points as in conv_csr_f32; points are the outer loop.
 *
 * The inner functions are exported only to keep the optimizer from merging them into their callers.
 */
import { atLeast, madd } from '../simd';
import { spmm_block4_rows } from './spmm_block_f32';

/** Two rows against two points; stores `count` rows. */
export function conv_block2_points(
  y: usize,
  y2: usize,
  yRow: usize,
  count: usize,
  block: usize,
  end: usize,
  bias: usize,
  x: usize,
  x2: usize,
  low: f32,
): void {
  let s0 = v128.load32_splat(bias);
  let s1 = s0,
    s2 = s0,
    s3 = s0;
  let t0 = f32x4.splat(count > 1 ? load<f32>(bias, 4) : 0);
  let t1 = t0,
    t2 = t0,
    t3 = t0;
  for (; block < end; block += 12) {
    const offset = <usize>load<u32>(block);
    const w = v128.load32_splat(block, 4),
      v = v128.load32_splat(block, 8);
    let p = x2 + offset;
    let a = v128.load(p, 16);
    t3 = madd(v, a, t3);
    s3 = madd(w, a, s3);
    a = v128.load(p);
    t2 = madd(v, a, t2);
    s2 = madd(w, a, s2);
    p = x + offset;
    a = v128.load(p, 16);
    t1 = madd(v, a, t1);
    s1 = madd(w, a, s1);
    a = v128.load(p);
    t0 = madd(v, a, t0);
    s0 = madd(w, a, s0);
  }
  const floor = f32x4.splat(low);
  v128.store(y, atLeast(s0, floor));
  v128.store(y, atLeast(s1, floor), 16);
  v128.store(y2, atLeast(s2, floor));
  v128.store(y2, atLeast(s3, floor), 16);
  if (count == 1) return;
  y += yRow;
  y2 += yRow;
  v128.store(y, atLeast(t0, floor));
  v128.store(y, atLeast(t1, floor), 16);
  v128.store(y2, atLeast(t2, floor));
  v128.store(y2, atLeast(t3, floor), 16);
}

/** All rows in blocks of 2x1 against two points; yRow bytes from row to row. */
export function twoPoints(
  y1: usize,
  y2: usize,
  yRow: usize,
  blocks: usize,
  ends: usize,
  bias: usize,
  x1: usize,
  x2: usize,
  rows: usize,
  low: f32,
): void {
  let block = blocks;
  for (let r: usize = 0; r < rows; r += 2) {
    const end = blocks + <usize>load<u32>(ends + (r << 1));
    conv_block2_points(y1, y2, yRow, min<usize>(rows - r, 2), block, end, bias + (r << 2), x1, x2, low);
    block = end;
    y1 += yRow << 1;
    y2 += yRow << 1;
  }
}

/** All rows in blocks of 4x1 against one point. */
export function onePoint(
  y: usize,
  yRow: usize,
  blocks: usize,
  ends: usize,
  bias: usize,
  x: usize,
  rows: usize,
  low: f32,
): void {
  spmm_block4_rows(y, yRow, blocks, ends, bias, x, rows, low);
}

/**
 * y = max(W * x + b, low), W in blocks of 2x1: one tile, one group.
 *
 * blocks [count] (u32 byte offset from an output's base, 2 f32), columns ascending; ends [ceil(rows / 2)] u32, in bytes
 * from the first block; bias [rows]. points [count] of four u32: the bases in x of two points, their places in a plane
 * of y (bytes). Points may overlap. y [rows, plane]; y must not overlap an input.
 */
export function conv_block2_f32(
  y: usize,
  blocks: usize,
  ends: usize,
  bias: usize,
  x: usize,
  points: usize,
  count: usize,
  rows: usize,
  plane: usize,
  low: f32,
): void {
  const yRow = plane << 2;
  for (; count > 0; count--) {
    twoPoints(
      y + <usize>load<u32>(points, 8),
      y + <usize>load<u32>(points, 12),
      yRow,
      blocks,
      ends,
      bias,
      x + <usize>load<u32>(points),
      x + <usize>load<u32>(points, 4),
      rows,
      low,
    );
    points += 16;
  }
}

/**
 * As conv_block2_f32 for blocks of 4x1 (u32 byte offset, 4 f32), ends [ceil(rows / 4)], and points [count] of two u32:
 * base in x, place in a plane of y.
 */
export function conv_block4_f32(
  y: usize,
  blocks: usize,
  ends: usize,
  bias: usize,
  x: usize,
  points: usize,
  count: usize,
  rows: usize,
  plane: usize,
  low: f32,
): void {
  const yRow = plane << 2;
  for (; count > 0; count--) {
    const to = y + <usize>load<u32>(points, 4);
    onePoint(to, yRow, blocks, ends, bias, x + <usize>load<u32>(points), rows, low);
    points += 8;
  }
}
