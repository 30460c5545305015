/**
 * Block-sparse product over tiles: blocks of two or four consecutive rows that share a column, so that an input is
 * loaded once for several outputs and a product costs as few loads as a dense one.
 *
 * A block is the byte offset of its input row in a tile (u32) and the values of its rows. The inner functions are
 * exported only to keep the optimizer from merging them into their callers.
 */
import { atLeast, madd } from '../simd';

/** Rows by twos against 16 lanes, as spmm_block4_rows. */
export function spmm_block2_rows(
  y: usize,
  pitch: usize,
  blocks: usize,
  ends: usize,
  bias: usize,
  x: usize,
  rows: usize,
  low: f32,
): void {
  let block = blocks;
  for (; rows > 0; rows -= 2) {
    const end = blocks + <usize>load<u32>(ends);
    let s0 = v128.load32_splat(bias);
    let s1 = s0,
      s2 = s0,
      s3 = s0;
    let t0 = f32x4.splat(rows > 1 ? load<f32>(bias, 4) : 0);
    let t1 = t0,
      t2 = t0,
      t3 = t0;
    for (; block < end; block += 12) {
      const p = x + <usize>load<u32>(block);
      const w = v128.load32_splat(block, 4),
        v = v128.load32_splat(block, 8);
      let a = v128.load(p, 48);
      t3 = madd(v, a, t3);
      s3 = madd(w, a, s3);
      a = v128.load(p, 32);
      t2 = madd(v, a, t2);
      s2 = madd(w, a, s2);
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
    v128.store(y, atLeast(s2, floor), 32);
    v128.store(y, atLeast(s3, floor), 48);
    if (rows < 2) break;
    y += pitch;
    v128.store(y, atLeast(t0, floor));
    v128.store(y, atLeast(t1, floor), 16);
    v128.store(y, atLeast(t2, floor), 32);
    v128.store(y, atLeast(t3, floor), 48);
    y += pitch;
    ends += 4;
    bias += 8;
  }
}

/**
 * Rows by fours against 8 lanes, their sums pitch bytes apart. Their blocks follow one another; they end at the offsets `ends` from the
 * first. bias [rows].
 */
export function spmm_block4_rows(
  y: usize,
  pitch: usize,
  blocks: usize,
  ends: usize,
  bias: usize,
  x: usize,
  rows: usize,
  low: f32,
): void {
  let block = blocks;
  for (; rows > 0; rows -= 4) {
    const end = blocks + <usize>load<u32>(ends);
    const count = min<usize>(rows, 4);
    let s0 = v128.load32_splat(bias);
    let s1 = s0;
    let t0 = f32x4.splat(count > 1 ? load<f32>(bias, 4) : 0);
    let t1 = t0;
    let u0 = f32x4.splat(count > 2 ? load<f32>(bias, 8) : 0);
    let u1 = u0;
    let v0 = f32x4.splat(count > 3 ? load<f32>(bias, 12) : 0);
    let v1 = v0;
    for (; block < end; block += 20) {
      const p = x + <usize>load<u32>(block);
      const b = v128.load(p, 16),
        a = v128.load(p);
      let w = v128.load32_splat(block, 16);
      v1 = madd(w, b, v1);
      v0 = madd(w, a, v0);
      w = v128.load32_splat(block, 12);
      u1 = madd(w, b, u1);
      u0 = madd(w, a, u0);
      w = v128.load32_splat(block, 8);
      t1 = madd(w, b, t1);
      t0 = madd(w, a, t0);
      w = v128.load32_splat(block, 4);
      s1 = madd(w, b, s1);
      s0 = madd(w, a, s0);
    }
    const floor = f32x4.splat(low);
    v128.store(y, atLeast(s0, floor));
    v128.store(y, atLeast(s1, floor), 16);
    y += pitch;
    if (count > 1) {
      v128.store(y, atLeast(t0, floor));
      v128.store(y, atLeast(t1, floor), 16);
      y += pitch;
    }
    if (count > 2) {
      v128.store(y, atLeast(u0, floor));
      v128.store(y, atLeast(u1, floor), 16);
      y += pitch;
    }
    if (count < 4) break;
    v128.store(y, atLeast(v0, floor));
    v128.store(y, atLeast(v1, floor), 16);
    y += pitch;
    ends += 4;
    bias += 16;
  }
}

/**
 * y = max(W · x + b, low), W in blocks of 2x1, tiles of 16 or 32 lanes.
 *
 * blocks [count] (u32 byte offset, 2 f32); rowPtr [ceil(rows / 2)] u32 ends, in bytes from the first block;
 * bias [rows]; x [tiles, cols, lanes]; y [tiles, rows, lanes]. y must not overlap an input.
 */
export function spmm_block2_f32(
  y: usize,
  blocks: usize,
  rowPtr: usize,
  bias: usize,
  x: usize,
  rows: usize,
  cols: usize,
  lanes: usize,
  tiles: usize,
  low: f32,
): void {
  const pitch = lanes << 2;
  for (; tiles > 0; tiles--) {
    for (let lane: usize = 0; lane < pitch; lane += 64) {
      spmm_block2_rows(y + lane, pitch, blocks, rowPtr, bias, x + lane, rows, low);
    }
    y += rows * pitch;
    x += cols * pitch;
  }
}

/** As spmm_block2_f32 for blocks of 4x1 (u32 byte offset, 4 f32), tiles of 8, 16 or 32 lanes. */
export function spmm_block4_f32(
  y: usize,
  blocks: usize,
  rowPtr: usize,
  bias: usize,
  x: usize,
  rows: usize,
  cols: usize,
  lanes: usize,
  tiles: usize,
  low: f32,
): void {
  const pitch = lanes << 2;
  for (; tiles > 0; tiles--) {
    for (let lane: usize = 0; lane < pitch; lane += 32) {
      spmm_block4_rows(y + lane, pitch, blocks, rowPtr, bias, x + lane, rows, low);
    }
    y += rows * pitch;
    x += cols * pitch;
  }
}
