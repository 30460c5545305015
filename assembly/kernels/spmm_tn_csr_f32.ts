/**
 * Sparse (CSR) product with the transposed weight: the gradient of a layer's input, for weights that are trained in
 * sparse storage. Rows are scattered: a row of dy stays in registers while its entries add to rows of dx, so that no
 * second set of indices is needed and every sum runs in the order of the rows.
 *
 * The inner functions are exported only to keep the optimizer from merging them into their callers; JavaScript does not
 * call them.
 */
import { madd } from '../simd';

/** dx += W^T · dy, 32 lanes, two entries a turn; arguments as in spmm_tn_csr_f32. */
export function spmm_tn_rows32(
  dx: usize,
  values: usize,
  colIdx: usize,
  rowPtr: usize,
  dy: usize,
  rows: usize,
): void {
  for (; rows > 0; rows--) {
    const from = (<usize>load<u32>(rowPtr)) << 2;
    rowPtr += 4;
    const end = colIdx + ((<usize>load<u32>(rowPtr)) << 2);
    let col = colIdx + from;
    let value = values + from;
    const y0 = v128.load(dy),
      y1 = v128.load(dy, 16),
      y2 = v128.load(dy, 32),
      y3 = v128.load(dy, 48),
      y4 = v128.load(dy, 64),
      y5 = v128.load(dy, 80),
      y6 = v128.load(dy, 96),
      y7 = v128.load(dy, 112);
    const stop = end - 4;
    while (col < end) {
      let p = dx + ((<usize>load<u32>(col)) << 7);
      let w = v128.load32_splat(value);
      v128.store(p, madd(w, y0, v128.load(p)));
      v128.store(p, madd(w, y1, v128.load(p, 16)), 16);
      v128.store(p, madd(w, y2, v128.load(p, 32)), 32);
      v128.store(p, madd(w, y3, v128.load(p, 48)), 48);
      v128.store(p, madd(w, y4, v128.load(p, 64)), 64);
      v128.store(p, madd(w, y5, v128.load(p, 80)), 80);
      v128.store(p, madd(w, y6, v128.load(p, 96)), 96);
      v128.store(p, madd(w, y7, v128.load(p, 112)), 112);
      if (col == stop) break;
      p = dx + ((<usize>load<u32>(col, 4)) << 7);
      w = v128.load32_splat(value, 4);
      v128.store(p, madd(w, y0, v128.load(p)));
      v128.store(p, madd(w, y1, v128.load(p, 16)), 16);
      v128.store(p, madd(w, y2, v128.load(p, 32)), 32);
      v128.store(p, madd(w, y3, v128.load(p, 48)), 48);
      v128.store(p, madd(w, y4, v128.load(p, 64)), 64);
      v128.store(p, madd(w, y5, v128.load(p, 80)), 80);
      v128.store(p, madd(w, y6, v128.load(p, 96)), 96);
      v128.store(p, madd(w, y7, v128.load(p, 112)), 112);
      value += 8;
      col += 8;
    }
    dy += 128;
  }
}

/**
 * dx += W[row]^T · dy[row], eight lanes: its values are `step` bytes apart (one row of blocks), rows of dx `pitch`
 * bytes. For narrow tiles, and for the last rows where they fill no block.
 */
export function spmm_tn_row8(
  dx: usize,
  values: usize,
  step: usize,
  col: usize,
  end: usize,
  dy: usize,
  pitch: usize,
): void {
  const y0 = v128.load(dy),
    y1 = v128.load(dy, 16);
  for (; col < end; col += 4) {
    const p = dx + <usize>load<u32>(col) * pitch;
    const w = v128.load32_splat(values);
    v128.store(p, madd(w, y0, v128.load(p)));
    v128.store(p, madd(w, y1, v128.load(p, 16)), 16);
    values += step;
  }
}

/**
 * dx = W^T · dy, W sparse (CSR), tiles of 8, 16 or 32 lanes; the bits of gemm_tn_f32. Columns without entries are 0.
 *
 * values [count]; colIdx [count] u32; rowPtr [rows + 1] u32, in entries; dy [tiles, rows, lanes];
 * dx [tiles, cols, lanes], overwritten. dx must not overlap an input.
 */
export function spmm_tn_csr_f32(
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
    if (lanes == 32) spmm_tn_rows32(dx, values, colIdx, rowPtr, dy, rows);
    else {
      for (let r: usize = 0; r < rows; r++) {
        const ptr = rowPtr + (r << 2);
        const from = (<usize>load<u32>(ptr)) << 2;
        const end = colIdx + ((<usize>load<u32>(ptr, 4)) << 2);
        const row = dy + r * pitch;
        for (let lane: usize = 0; lane < pitch; lane += 32) {
          spmm_tn_row8(dx + lane, values + from, 4, colIdx + from, end, row + lane, pitch);
        }
      }
    }
    dy += rows * pitch;
    dx += cols * pitch;
  }
}
