/**
 * Convolution with a sparse (CSR) weight that is being trained: values, columns and rows in arrays of their own, so that a
 * step reads them where they are. Some panels of eight outputs are the outer loop: the inputs around them stay in cache
 * while the weights of all filters go by.
 *
 * Sums are touched in the reverse of the order of their declaration, which keeps V8 from loading all inputs first.
 * The inner functions are exported only to keep the optimizer from merging them into the loops around them; JavaScript
 * does not call them.
 */
import { madd } from '../simd';

/** One row against four panels {base, y}. */
export function conv_nn_panels4(
  y: usize,
  values: usize,
  col: usize,
  end: usize,
  bias: usize,
  x: usize,
  offsets: usize,
  panels: usize,
): void {
  const x0 = x + <usize>load<u32>(panels),
    x1 = x + <usize>load<u32>(panels, 8),
    x2 = x + <usize>load<u32>(panels, 16),
    x3 = x + <usize>load<u32>(panels, 24);
  let s0 = v128.load32_splat(bias);
  let s1 = s0,
    s2 = s0,
    s3 = s0,
    s4 = s0,
    s5 = s0,
    s6 = s0,
    s7 = s0;
  for (; col < end; col += 4) {
    const offset = <usize>load<u32>(offsets + ((<usize>load<u32>(col)) << 2));
    const w = v128.load32_splat(values);
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
}

/** One row against one panel whose inputs begin at x. */
export function conv_nn_panel(
  y: usize,
  values: usize,
  col: usize,
  end: usize,
  bias: usize,
  x: usize,
  offsets: usize,
): void {
  let s0 = v128.load32_splat(bias);
  let s1 = s0;
  for (; col < end; col += 4) {
    const p = x + <usize>load<u32>(offsets + ((<usize>load<u32>(col)) << 2));
    const w = v128.load32_splat(values);
    s1 = madd(w, v128.load(p, 16), s1);
    s0 = madd(w, v128.load(p), s0);
    values += 4;
  }
  v128.store(y, s0);
  v128.store(y, s1, 16);
}

/**
 * y = W * x + b, W sparse (CSR), one group: one tile of 8, 16 or 32 lanes. The bits of conv_csr_f32 and conv_dense_f32.
 *
 * values [nnz]; colIdx [nnz] u32; rowPtr [rows + 1] u32, in entries; bias [rows]; offsets [cols] u32, bytes from the first
 * input of a window to that of a column. panels: `count` records {base, y} u32, bytes, as conv_input_grad_f32 has them:
 * eight outputs at y, which is 32 times the number of the panel, have their first inputs at base. All of W is read once
 * for `chunk` panels, best a multiple of four. y [rows, 8 count]; y must not overlap an input.
 */
export function conv_nn_csr_f32(
  y: usize,
  values: usize,
  colIdx: usize,
  rowPtr: usize,
  bias: usize,
  x: usize,
  offsets: usize,
  panels: usize,
  count: usize,
  rows: usize,
  chunk: usize,
): void {
  const yRow = count << 5;
  const last = panels + (count << 3);
  for (; panels < last; panels += chunk << 3) {
    const panelsEnd = min(panels + (chunk << 3), last);
    for (let r: usize = 0; r < rows; r++) {
      const ptr = rowPtr + (r << 2);
      const from = (<usize>load<u32>(ptr)) << 2;
      const end = colIdx + ((<usize>load<u32>(ptr, 4)) << 2);
      const b = bias + (r << 2);
      let to = y + r * yRow;
      let p = panels;
      for (; p + 24 < panelsEnd; p += 32) {
        conv_nn_panels4(to, values + from, colIdx + from, end, b, x, offsets, p);
        to += 128;
      }
      for (; p < panelsEnd; p += 8) {
        conv_nn_panel(to, values + from, colIdx + from, end, b, x + <usize>load<u32>(p), offsets);
        to += 32;
      }
    }
    y += chunk << 5;
  }
}
