/**
 * Block-sparse product with the transposed weight: the gradient of a layer's input, for weights that are trained in
 * sparse storage. As spmm_tn_csr_f32, but a row of dx is read and written once for the two or four rows of a block.
 *
 * The inner functions are exported only to keep the optimizer from merging them into their callers; JavaScript does
 * not call them.
 */
import { madd } from '../simd';
import { spmm_tn_row8 } from './spmm_tn_csr_f32';

/** dx += W[two rows]^T · dy[two rows], 16 lanes; pitch: bytes of a row of dy, and of dx. */
export function spmm_tn_pair16(
  dx: usize,
  values: usize,
  col: usize,
  end: usize,
  dy: usize,
  pitch: usize,
): void {
  const y0 = v128.load(dy),
    y1 = v128.load(dy, 16),
    y2 = v128.load(dy, 32),
    y3 = v128.load(dy, 48);
  dy += pitch;
  const z0 = v128.load(dy),
    z1 = v128.load(dy, 16),
    z2 = v128.load(dy, 32),
    z3 = v128.load(dy, 48);
  for (; col < end; col += 4) {
    const p = dx + <usize>load<u32>(col) * pitch;
    const w = v128.load32_splat(values),
      v = v128.load32_splat(values, 4);
    v128.store(p, madd(v, z0, madd(w, y0, v128.load(p))));
    v128.store(p, madd(v, z1, madd(w, y1, v128.load(p, 16))), 16);
    v128.store(p, madd(v, z2, madd(w, y2, v128.load(p, 32))), 32);
    v128.store(p, madd(v, z3, madd(w, y3, v128.load(p, 48))), 48);
    values += 8;
  }
}

/** dx += W[four rows]^T · dy[four rows], 8 lanes; pitch: bytes of a row of dy, and of dx. */
export function spmm_tn_quad8(
  dx: usize,
  values: usize,
  col: usize,
  end: usize,
  dy: usize,
  pitch: usize,
): void {
  const y0 = v128.load(dy),
    y1 = v128.load(dy, 16);
  dy += pitch;
  const z0 = v128.load(dy),
    z1 = v128.load(dy, 16);
  dy += pitch;
  const u0 = v128.load(dy),
    u1 = v128.load(dy, 16);
  dy += pitch;
  const v0 = v128.load(dy),
    v1 = v128.load(dy, 16);
  for (; col < end; col += 4) {
    const p = dx + <usize>load<u32>(col) * pitch;
    let w = v128.load32_splat(values);
    let s0 = madd(w, y0, v128.load(p)),
      s1 = madd(w, y1, v128.load(p, 16));
    w = v128.load32_splat(values, 4);
    s0 = madd(w, z0, s0);
    s1 = madd(w, z1, s1);
    w = v128.load32_splat(values, 8);
    s0 = madd(w, u0, s0);
    s1 = madd(w, u1, s1);
    w = v128.load32_splat(values, 12);
    v128.store(p, madd(w, v0, s0));
    v128.store(p, madd(w, v1, s1), 16);
    values += 16;
  }
}

/** `count` rows of blocks of `height`, one after the other: where they fill no block, or the tile is too narrow. */
function rowByRow(
  dx: usize,
  values: usize,
  height: usize,
  count: usize,
  col: usize,
  end: usize,
  dy: usize,
  pitch: usize,
): void {
  for (let r: usize = 0; r < count; r++) {
    for (let lane: usize = 0; lane < pitch; lane += 32) {
      spmm_tn_row8(dx + lane, values + (r << 2), height << 2, col, end, dy + lane, pitch);
    }
    dy += pitch;
  }
}

/**
 * dx = W^T · dy, W in blocks of 2x1, tiles of 8, 16 or 32 lanes; the bits of gemm_tn_f32. Columns without blocks are 0.
 *
 * values [count, 2]; colIdx [count] u32; rowPtr [ceil(rows / 2) + 1] u32, in blocks; dy [tiles, rows, lanes];
 * dx [tiles, cols, lanes], overwritten. dx must not overlap an input.
 */
export function spmm_tn_block2_f32(
  dx: usize,
  values: usize,
  colIdx: usize,
  rowPtr: usize,
  dy: usize,
  rows: usize,
  cols: usize,
  lanes: usize,
  tiles: usize,
): void {
  const pitch = lanes << 2;
  for (; tiles > 0; tiles--) {
    memory.fill(dx, 0, cols * pitch);
    let ptr = rowPtr;
    for (let r: usize = 0; r < rows; r += 2) {
      const from = (<usize>load<u32>(ptr)) << 2;
      const end = colIdx + ((<usize>load<u32>(ptr, 4)) << 2);
      const v = values + (from << 1);
      const count = min<usize>(rows - r, 2);
      if (count < 2 || lanes < 16) rowByRow(dx, v, 2, count, colIdx + from, end, dy, pitch);
      else {
        for (let lane: usize = 0; lane < pitch; lane += 64) {
          spmm_tn_pair16(dx + lane, v, colIdx + from, end, dy + lane, pitch);
        }
      }
      ptr += 4;
      dy += count * pitch;
    }
    dx += cols * pitch;
  }
}

/** As spmm_tn_block2_f32 for blocks of 4x1: values [count, 4]; rowPtr [ceil(rows / 4) + 1]. */
export function spmm_tn_block4_f32(
  dx: usize,
  values: usize,
  colIdx: usize,
  rowPtr: usize,
  dy: usize,
  rows: usize,
  cols: usize,
  lanes: usize,
  tiles: usize,
): void {
  const pitch = lanes << 2;
  for (; tiles > 0; tiles--) {
    memory.fill(dx, 0, cols * pitch);
    let ptr = rowPtr;
    for (let r: usize = 0; r < rows; r += 4) {
      const from = (<usize>load<u32>(ptr)) << 2;
      const end = colIdx + ((<usize>load<u32>(ptr, 4)) << 2);
      const v = values + (from << 2);
      const count = min<usize>(rows - r, 4);
      if (count < 4) rowByRow(dx, v, 4, count, colIdx + from, end, dy, pitch);
      else {
        for (let lane: usize = 0; lane < pitch; lane += 32) {
          spmm_tn_quad8(dx + lane, v, colIdx + from, end, dy + lane, pitch);
        }
      }
      ptr += 4;
      dy += count * pitch;
    }
    dx += cols * pitch;
  }
}
