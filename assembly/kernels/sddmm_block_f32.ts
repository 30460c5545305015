/**
 * Sampled dense-dense product: the gradient of a block-sparse weight, at its blocks and nowhere else.
 *
 * Two rows of dy (16 lanes) or four (8 lanes) stay in registers while the rows of x that the blocks name go by. Sums
 * run over 16 lanes at a time in whole blocks of two rows, else over eight, and are added to dw one after the other; so
 * formats agree within rounding, and a gradient does not depend on the blocks beside it.
 *
 * Stores of sums that are not final keep V8 from running out of registers: see sddmm_csr_f32. The inner functions are
 * exported only to keep the optimizer from merging them into their callers; JavaScript does not call them.
 */
import { madd, sumLanes4 } from '../simd';
import { sddmm_row8 } from './sddmm_csr_f32';

/** dw [blocks, 2] += dy[two rows] · x[col]^T, 16 lanes, two blocks a turn; pitch: bytes of a row of dy, and of x. */
export function sddmm_pair16(dw: usize, col: usize, end: usize, dy: usize, x: usize, pitch: usize): void {
  const y0 = v128.load(dy),
    y1 = v128.load(dy, 16),
    y2 = v128.load(dy, 32),
    y3 = v128.load(dy, 48);
  dy += pitch;
  const z0 = v128.load(dy),
    z1 = v128.load(dy, 16),
    z2 = v128.load(dy, 32),
    z3 = v128.load(dy, 48);
  const stop = end - 4;
  while (col < end) {
    let p = x + <usize>load<u32>(col) * pitch;
    let x0 = v128.load(p),
      x1 = v128.load(p, 16),
      x2 = v128.load(p, 32),
      x3 = v128.load(p, 48);
    const old = v128.load64_zero(dw);
    const a = madd(y3, x3, madd(y2, x2, madd(y1, x1, f32x4.mul(y0, x0))));
    const b = madd(z3, x3, madd(z2, x2, madd(z1, x1, f32x4.mul(z0, x0))));
    v128.store_lane<u32>(dw, a, 0);
    v128.store_lane<u32>(dw, b, 0);
    if (col == stop) {
      v128.store64_lane(dw, f32x4.add(old, sumLanes4(a, b, a, b)), 0);
      break;
    }
    p = x + <usize>load<u32>(col, 4) * pitch;
    x0 = v128.load(p);
    x1 = v128.load(p, 16);
    x2 = v128.load(p, 32);
    x3 = v128.load(p, 48);
    const c = madd(y3, x3, madd(y2, x2, madd(y1, x1, f32x4.mul(y0, x0))));
    const d = madd(z3, x3, madd(z2, x2, madd(z1, x1, f32x4.mul(z0, x0))));
    v128.store(dw, f32x4.add(v128.load64_lane(dw, old, 1, 8), sumLanes4(a, b, c, d)));
    dw += 16;
    col += 8;
  }
}

/** dw [blocks, 4] += dy[four rows] · x[col]^T, 8 lanes; pitch: bytes of a row of dy, and of x. */
export function sddmm_quad8(dw: usize, col: usize, end: usize, dy: usize, x: usize, pitch: usize): void {
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
    const p = x + <usize>load<u32>(col) * pitch;
    const x0 = v128.load(p),
      x1 = v128.load(p, 16);
    const a = madd(y1, x1, f32x4.mul(y0, x0)),
      b = madd(z1, x1, f32x4.mul(z0, x0)),
      c = madd(u1, x1, f32x4.mul(u0, x0)),
      d = madd(v1, x1, f32x4.mul(v0, x0));
    v128.store(dw, f32x4.add(v128.load(dw), sumLanes4(a, b, c, d)));
    dw += 16;
  }
}

/** `count` rows of blocks of `height`, one after the other: where they fill no block, or the tile is too narrow. */
function rowByRow(
  dw: usize,
  height: usize,
  count: usize,
  col: usize,
  end: usize,
  dy: usize,
  x: usize,
  pitch: usize,
): void {
  for (let r: usize = 0; r < count; r++) {
    for (let lane: usize = 0; lane < pitch; lane += 32) {
      sddmm_row8(dw + (r << 2), height << 2, col, end, dy + lane, x + lane, pitch);
    }
    dy += pitch;
  }
}

/**
 * dw = dy · x^T at the blocks (2x1) of a sparse weight, summed over all lanes of all tiles of 8, 16 or 32 lanes.
 *
 * colIdx [count] u32; rowPtr [ceil(rows / 2) + 1] u32, in blocks; dy [tiles, rows, lanes]; x [tiles, cols, lanes];
 * dw [count, 2], overwritten, 0 below the last row. dw must not overlap an input.
 */
export function sddmm_block2_f32(
  dw: usize,
  colIdx: usize,
  rowPtr: usize,
  dy: usize,
  x: usize,
  rows: usize,
  cols: usize,
  lanes: usize,
  tiles: usize,
): void {
  const pitch = lanes << 2;
  memory.fill(dw, 0, (<usize>load<u32>(rowPtr + (((rows + 1) >> 1) << 2))) << 3);
  for (; tiles > 0; tiles--) {
    let ptr = rowPtr;
    for (let r: usize = 0; r < rows; r += 2) {
      const from = (<usize>load<u32>(ptr)) << 2;
      const end = colIdx + ((<usize>load<u32>(ptr, 4)) << 2);
      const to = dw + (from << 1);
      const count = min<usize>(rows - r, 2);
      if (count < 2 || lanes < 16) rowByRow(to, 2, count, colIdx + from, end, dy, x, pitch);
      else {
        for (let lane: usize = 0; lane < pitch; lane += 64) {
          sddmm_pair16(to, colIdx + from, end, dy + lane, x + lane, pitch);
        }
      }
      ptr += 4;
      dy += count * pitch;
    }
    x += cols * pitch;
  }
}

/** As sddmm_block2_f32 for blocks of 4x1: rowPtr [ceil(rows / 4) + 1]; dw [count, 4]. */
export function sddmm_block4_f32(
  dw: usize,
  colIdx: usize,
  rowPtr: usize,
  dy: usize,
  x: usize,
  rows: usize,
  cols: usize,
  lanes: usize,
  tiles: usize,
): void {
  const pitch = lanes << 2;
  memory.fill(dw, 0, (<usize>load<u32>(rowPtr + (((rows + 3) >> 2) << 2))) << 4);
  for (; tiles > 0; tiles--) {
    let ptr = rowPtr;
    for (let r: usize = 0; r < rows; r += 4) {
      const from = (<usize>load<u32>(ptr)) << 2;
      const end = colIdx + ((<usize>load<u32>(ptr, 4)) << 2);
      const to = dw + (from << 2);
      const count = min<usize>(rows - r, 4);
      if (count < 4) rowByRow(to, 4, count, colIdx + from, end, dy, x, pitch);
      else {
        for (let lane: usize = 0; lane < pitch; lane += 32) {
          sddmm_quad8(to, colIdx + from, end, dy + lane, x + lane, pitch);
        }
      }
      ptr += 4;
      dy += count * pitch;
    }
    x += cols * pitch;
  }
}
