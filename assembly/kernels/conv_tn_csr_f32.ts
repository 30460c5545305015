/**
 * Gradient of a convolution's input, for a sparse (CSR) weight that is being trained. Rows are scattered, as in
 * spmm_tn_csr_f32: four panels of a row of dy stay in registers while its weights add to the inputs of their windows. So
 * any stride and dilation will do, and no second set of indices is needed.
 *
 * The inner functions are exported only to keep the optimizer from merging them into the loops around them; JavaScript
 * does not call them.
 */
import { madd } from '../simd';

/** dx at the windows of four panels {base, y} += one row of W times dy. */
export function conv_tn_panels4(
  dx: usize,
  values: usize,
  col: usize,
  end: usize,
  dy: usize,
  offsets: usize,
  panels: usize,
): void {
  const x0 = dx + <usize>load<u32>(panels),
    x1 = dx + <usize>load<u32>(panels, 8),
    x2 = dx + <usize>load<u32>(panels, 16),
    x3 = dx + <usize>load<u32>(panels, 24);
  const y0 = v128.load(dy),
    y1 = v128.load(dy, 16),
    y2 = v128.load(dy, 32),
    y3 = v128.load(dy, 48),
    y4 = v128.load(dy, 64),
    y5 = v128.load(dy, 80),
    y6 = v128.load(dy, 96),
    y7 = v128.load(dy, 112);
  for (; col < end; col += 4) {
    const offset = <usize>load<u32>(offsets + ((<usize>load<u32>(col)) << 2));
    const w = v128.load32_splat(values);
    let p = x0 + offset;
    v128.store(p, madd(w, y0, v128.load(p)));
    v128.store(p, madd(w, y1, v128.load(p, 16)), 16);
    p = x1 + offset;
    v128.store(p, madd(w, y2, v128.load(p)));
    v128.store(p, madd(w, y3, v128.load(p, 16)), 16);
    p = x2 + offset;
    v128.store(p, madd(w, y4, v128.load(p)));
    v128.store(p, madd(w, y5, v128.load(p, 16)), 16);
    p = x3 + offset;
    v128.store(p, madd(w, y6, v128.load(p)));
    v128.store(p, madd(w, y7, v128.load(p, 16)), 16);
    values += 4;
  }
}

/** One row, one panel whose inputs begin at dx. */
export function conv_tn_panel(
  dx: usize,
  values: usize,
  col: usize,
  end: usize,
  dy: usize,
  offsets: usize,
): void {
  const y0 = v128.load(dy),
    y1 = v128.load(dy, 16);
  for (; col < end; col += 4) {
    const p = dx + <usize>load<u32>(offsets + ((<usize>load<u32>(col)) << 2));
    const w = v128.load32_splat(values);
    v128.store(p, madd(w, y0, v128.load(p)));
    v128.store(p, madd(w, y1, v128.load(p, 16)), 16);
    values += 4;
  }
}

/**
 * dx[base + offsets[j]] += sum of w[f][j] * dy[f] over the filters, at the entries of a sparse (CSR) weight: one tile of
 * 8, 16 or 32 lanes, one group.
 *
 * values, colIdx, rowPtr, offsets, panels and chunk as in conv_nn_csr_f32; dy [rows, 8 count]. dx is zeroed, or holds what
 * is to be added to; it must not overlap an input. Offsets are all different.
 */
export function conv_tn_csr_f32(
  dx: usize,
  values: usize,
  colIdx: usize,
  rowPtr: usize,
  dy: usize,
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
      let y = dy + r * yRow;
      let p = panels;
      for (; p + 24 < panelsEnd; p += 32) {
        conv_tn_panels4(dx, values + from, colIdx + from, end, y, offsets, p);
        y += 128;
      }
      for (; p < panelsEnd; p += 8) {
        conv_tn_panel(dx + <usize>load<u32>(p), values + from, colIdx + from, end, y, offsets);
        y += 32;
      }
    }
    dy += chunk << 5;
  }
}
