/**
 * Block-sparse product over tiles, with values, columns and groups in arrays of their own: the forward pass of weights
 * that are trained in sparse storage. Blocks are two or four consecutive rows that share a column, so that an input is
 * loaded once for several outputs.
 *
 * The inner functions are exported only to keep the optimizer from merging them into their callers; JavaScript does
 * not call them.
 */
import { madd } from '../simd';
import { spmm_nn_row8 } from './spmm_nn_csr_f32';

/** Two rows against 16 lanes; pitch: bytes of a row of y, and of x. */
export function spmm_nn_pair16(
  y: usize,
  values: usize,
  col: usize,
  end: usize,
  bias: usize,
  x: usize,
  pitch: usize,
): void {
  let s0 = f32x4.splat(bias ? load<f32>(bias) : 0);
  let s1 = s0,
    s2 = s0,
    s3 = s0;
  let t0 = f32x4.splat(bias ? load<f32>(bias, 4) : 0);
  let t1 = t0,
    t2 = t0,
    t3 = t0;
  for (; col < end; col += 4) {
    const p = x + <usize>load<u32>(col) * pitch;
    const w = v128.load32_splat(values),
      v = v128.load32_splat(values, 4);
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
    values += 8;
  }
  v128.store(y, s0);
  v128.store(y, s1, 16);
  v128.store(y, s2, 32);
  v128.store(y, s3, 48);
  y += pitch;
  v128.store(y, t0);
  v128.store(y, t1, 16);
  v128.store(y, t2, 32);
  v128.store(y, t3, 48);
}

/** Four rows against 8 lanes; pitch: bytes of a row of y, and of x. */
export function spmm_nn_quad8(
  y: usize,
  values: usize,
  col: usize,
  end: usize,
  bias: usize,
  x: usize,
  pitch: usize,
): void {
  let s0 = f32x4.splat(bias ? load<f32>(bias) : 0),
    t0 = f32x4.splat(bias ? load<f32>(bias, 4) : 0),
    u0 = f32x4.splat(bias ? load<f32>(bias, 8) : 0),
    v0 = f32x4.splat(bias ? load<f32>(bias, 12) : 0);
  let s1 = s0,
    t1 = t0,
    u1 = u0,
    v1 = v0;
  for (; col < end; col += 4) {
    const p = x + <usize>load<u32>(col) * pitch;
    const b = v128.load(p, 16),
      a = v128.load(p);
    let w = v128.load32_splat(values, 12);
    v1 = madd(w, b, v1);
    v0 = madd(w, a, v0);
    w = v128.load32_splat(values, 8);
    u1 = madd(w, b, u1);
    u0 = madd(w, a, u0);
    w = v128.load32_splat(values, 4);
    t1 = madd(w, b, t1);
    t0 = madd(w, a, t0);
    w = v128.load32_splat(values);
    s1 = madd(w, b, s1);
    s0 = madd(w, a, s0);
    values += 16;
  }
  v128.store(y, s0);
  v128.store(y, s1, 16);
  y += pitch;
  v128.store(y, t0);
  v128.store(y, t1, 16);
  y += pitch;
  v128.store(y, u0);
  v128.store(y, u1, 16);
  y += pitch;
  v128.store(y, v0);
  v128.store(y, v1, 16);
}

/** `count` rows of blocks of `height`, one after the other: where they fill no block, or the tile is too narrow. */
function rowByRow(
  y: usize,
  values: usize,
  height: usize,
  count: usize,
  col: usize,
  end: usize,
  bias: usize,
  x: usize,
  pitch: usize,
): void {
  for (let r: usize = 0; r < count; r++) {
    const b: f32 = bias ? load<f32>(bias + (r << 2)) : 0;
    for (let lane: usize = 0; lane < pitch; lane += 32) {
      spmm_nn_row8(y + lane, values + (r << 2), height << 2, col, end, b, x + lane, pitch);
    }
    y += pitch;
  }
}

/**
 * y = W · x + b, W in blocks of 2x1, tiles of 8, 16 or 32 lanes; the bits of the dense product.
 *
 * values [count, 2], 0 below the last row; colIdx [count] u32, ascending in each group of two rows;
 * rowPtr [ceil(rows / 2) + 1] u32, in blocks; bias [rows] or 0; x [tiles, cols, lanes]; y [tiles, rows, lanes].
 * y must not overlap an input.
 */
export function spmm_nn_block2_f32(
  y: usize,
  values: usize,
  colIdx: usize,
  rowPtr: usize,
  bias: usize,
  x: usize,
  rows: usize,
  cols: usize,
  lanes: usize,
  tiles: usize,
): void {
  const pitch = lanes << 2;
  for (; tiles > 0; tiles--) {
    let ptr = rowPtr;
    for (let r: usize = 0; r < rows; r += 2) {
      const from = (<usize>load<u32>(ptr)) << 2;
      const end = colIdx + ((<usize>load<u32>(ptr, 4)) << 2);
      const v = values + (from << 1);
      const b = bias ? bias + (r << 2) : 0;
      const count = min<usize>(rows - r, 2);
      if (count < 2 || lanes < 16) rowByRow(y, v, 2, count, colIdx + from, end, b, x, pitch);
      else {
        for (let lane: usize = 0; lane < pitch; lane += 64) {
          spmm_nn_pair16(y + lane, v, colIdx + from, end, b, x + lane, pitch);
        }
      }
      ptr += 4;
      y += count * pitch;
    }
    x += cols * pitch;
  }
}

/** As spmm_nn_block2_f32 for blocks of 4x1: values [count, 4]; rowPtr [ceil(rows / 4) + 1]. */
export function spmm_nn_block4_f32(
  y: usize,
  values: usize,
  colIdx: usize,
  rowPtr: usize,
  bias: usize,
  x: usize,
  rows: usize,
  cols: usize,
  lanes: usize,
  tiles: usize,
): void {
  const pitch = lanes << 2;
  for (; tiles > 0; tiles--) {
    let ptr = rowPtr;
    for (let r: usize = 0; r < rows; r += 4) {
      const from = (<usize>load<u32>(ptr)) << 2;
      const end = colIdx + ((<usize>load<u32>(ptr, 4)) << 2);
      const v = values + (from << 2);
      const b = bias ? bias + (r << 2) : 0;
      const count = min<usize>(rows - r, 4);
      if (count < 4) rowByRow(y, v, 4, count, colIdx + from, end, b, x, pitch);
      else {
        for (let lane: usize = 0; lane < pitch; lane += 32) {
          spmm_nn_quad8(y + lane, v, colIdx + from, end, b, x + lane, pitch);
        }
      }
      ptr += 4;
      y += count * pitch;
    }
    x += cols * pitch;
  }
}
