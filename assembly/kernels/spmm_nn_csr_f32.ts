/**
 * Sparse (CSR) product over tiles, with values, columns and rows in arrays of their own: the forward pass of weights
 * that are trained in sparse storage.
 *
 * Sums are touched in the reverse of the order of their declaration, which keeps V8 from loading all inputs first.
 * The inner functions are exported only to keep the optimizer from merging them into their callers; JavaScript does not
 * call them.
 */
import { madd } from '../simd';

/** Rows against 32 lanes, three entries a turn; arguments as in spmm_nn_csr_f32. */
export function spmm_nn_rows32(
  y: usize,
  values: usize,
  colIdx: usize,
  rowPtr: usize,
  bias: usize,
  x: usize,
  rows: usize,
): void {
  let col = colIdx;
  for (; rows > 0; rows--) {
    rowPtr += 4;
    const end = colIdx + ((<usize>load<u32>(rowPtr)) << 2);
    let s0 = f32x4.splat(bias ? load<f32>(bias) : 0);
    let s1 = s0,
      s2 = s0,
      s3 = s0,
      s4 = s0,
      s5 = s0,
      s6 = s0,
      s7 = s0;
    for (const three = end - 8; col < three; col += 12) {
      let p = x + ((<usize>load<u32>(col)) << 7);
      let w = v128.load32_splat(values);
      s7 = madd(w, v128.load(p, 112), s7);
      s6 = madd(w, v128.load(p, 96), s6);
      s5 = madd(w, v128.load(p, 80), s5);
      s4 = madd(w, v128.load(p, 64), s4);
      s3 = madd(w, v128.load(p, 48), s3);
      s2 = madd(w, v128.load(p, 32), s2);
      s1 = madd(w, v128.load(p, 16), s1);
      s0 = madd(w, v128.load(p), s0);
      p = x + ((<usize>load<u32>(col, 4)) << 7);
      w = v128.load32_splat(values, 4);
      s7 = madd(w, v128.load(p, 112), s7);
      s6 = madd(w, v128.load(p, 96), s6);
      s5 = madd(w, v128.load(p, 80), s5);
      s4 = madd(w, v128.load(p, 64), s4);
      s3 = madd(w, v128.load(p, 48), s3);
      s2 = madd(w, v128.load(p, 32), s2);
      s1 = madd(w, v128.load(p, 16), s1);
      s0 = madd(w, v128.load(p), s0);
      p = x + ((<usize>load<u32>(col, 8)) << 7);
      w = v128.load32_splat(values, 8);
      s7 = madd(w, v128.load(p, 112), s7);
      s6 = madd(w, v128.load(p, 96), s6);
      s5 = madd(w, v128.load(p, 80), s5);
      s4 = madd(w, v128.load(p, 64), s4);
      s3 = madd(w, v128.load(p, 48), s3);
      s2 = madd(w, v128.load(p, 32), s2);
      s1 = madd(w, v128.load(p, 16), s1);
      s0 = madd(w, v128.load(p), s0);
      values += 12;
    }
    for (; col < end; col += 4) {
      const p = x + ((<usize>load<u32>(col)) << 7);
      const w = v128.load32_splat(values);
      s7 = madd(w, v128.load(p, 112), s7);
      s6 = madd(w, v128.load(p, 96), s6);
      s5 = madd(w, v128.load(p, 80), s5);
      s4 = madd(w, v128.load(p, 64), s4);
      s3 = madd(w, v128.load(p, 48), s3);
      s2 = madd(w, v128.load(p, 32), s2);
      s1 = madd(w, v128.load(p, 16), s1);
      s0 = madd(w, v128.load(p), s0);
      values += 4;
    }
    v128.store(y, s0);
    v128.store(y, s1, 16);
    v128.store(y, s2, 32);
    v128.store(y, s3, 48);
    v128.store(y, s4, 64);
    v128.store(y, s5, 80);
    v128.store(y, s6, 96);
    v128.store(y, s7, 112);
    bias += bias ? 4 : 0;
    y += 128;
  }
}

/**
 * One row against eight lanes: its values are `step` bytes apart (one row of blocks), rows of x `pitch` bytes. For
 * narrow tiles, and for the last rows where they fill no block.
 */
export function spmm_nn_row8(
  y: usize,
  values: usize,
  step: usize,
  col: usize,
  end: usize,
  bias: f32,
  x: usize,
  pitch: usize,
): void {
  let s0 = f32x4.splat(bias);
  let s1 = s0;
  for (; col < end; col += 4) {
    const p = x + <usize>load<u32>(col) * pitch;
    const w = v128.load32_splat(values);
    s1 = madd(w, v128.load(p, 16), s1);
    s0 = madd(w, v128.load(p), s0);
    values += step;
  }
  v128.store(y, s0);
  v128.store(y, s1, 16);
}

/**
 * y = W · x + b, W sparse (CSR), tiles of 8, 16 or 32 lanes; the bits of the dense product.
 *
 * values [count]; colIdx [count] u32, ascending in each row; rowPtr [rows + 1] u32, in entries; bias [rows] or 0;
 * x [tiles, cols, lanes]; y [tiles, rows, lanes]. y must not overlap an input.
 */
export function spmm_nn_csr_f32(
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
    if (lanes == 32) spmm_nn_rows32(y, values, colIdx, rowPtr, bias, x, rows);
    else {
      for (let r: usize = 0; r < rows; r++) {
        const ptr = rowPtr + (r << 2);
        const from = (<usize>load<u32>(ptr)) << 2;
        const end = colIdx + ((<usize>load<u32>(ptr, 4)) << 2);
        const b: f32 = bias ? load<f32>(bias + (r << 2)) : 0;
        const to = y + r * pitch;
        for (let lane: usize = 0; lane < pitch; lane += 32) {
          spmm_nn_row8(to + lane, values + from, 4, colIdx + from, end, b, x + lane, pitch);
        }
      }
    }
    y += rows * pitch;
    x += cols * pitch;
  }
}
