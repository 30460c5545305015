/** Dense product with the transposed weight: the gradient of a layer's input. */
import { madd } from '../simd';
import { transpose8 } from './gemm_fives_f32';
import { gemm_packed_panel } from './gemm_packed_f32';

/** One column of W against one panel. */
function column(dx: usize, w: usize, wRow: usize, dy: usize, rows: usize): void {
  let s0 = f32x4.splat(0),
    s1 = s0;
  for (; rows > 0; rows--) {
    const a = v128.load32_splat(w);
    s0 = madd(a, v128.load(dy), s0);
    s1 = madd(a, v128.load(dy, 16), s1);
    w += wRow;
    dy += 32;
  }
  v128.store(dx, s0);
  v128.store(dx, s1, 16);
}

/**
 * Sixteen columns of W as two panels: eight from x0 and eight from x1, in rows xRow bytes apart. Two panels are a line
 * of cache, which is gone when one comes back for its other half: rows are often a page apart.
 * Exported only to keep the optimizer from merging it into the loops around it; JavaScript does not call it.
 */
export function pack_columns16(y0: usize, y1: usize, x0: usize, x1: usize, xRow: usize, rows: usize): void {
  for (const end = y0 + (rows << 5); y0 < end; y0 += 32) {
    v128.store(y0, v128.load(x0));
    v128.store(y0, v128.load(x0, 16), 16);
    v128.store(y1, v128.load(x1));
    v128.store(y1, v128.load(x1, 16), 16);
    x0 += xRow;
    x1 += xRow;
    y1 += 32;
  }
}

/** Where a sample begins in panels of `rows` rows. */
function sampleAt(dy: usize, sample: usize, rows: usize): usize {
  return dy + (sample >> 3) * (rows << 5) + ((sample & 7) << 2);
}

/**
 * Five samples, from sample `first` on, as [rows][5]; they lie in one panel or in two.
 * Exported only to keep the optimizer from merging it into the loops around it; JavaScript does not call it.
 */
export function pack_samples5(y: usize, dy: usize, first: usize, rows: usize): void {
  let x0 = sampleAt(dy, first, rows),
    x1 = sampleAt(dy, first + 1, rows),
    x2 = sampleAt(dy, first + 2, rows),
    x3 = sampleAt(dy, first + 3, rows),
    x4 = sampleAt(dy, first + 4, rows);
  for (const end = y + rows * 20; y < end; y += 20) {
    store<u32>(y, load<u32>(x0));
    store<u32>(y, load<u32>(x1), 4);
    store<u32>(y, load<u32>(x2), 8);
    store<u32>(y, load<u32>(x3), 12);
    store<u32>(y, load<u32>(x4), 16);
    x0 += 32;
    x1 += 32;
    x2 += 32;
    x3 += 32;
    x4 += 32;
  }
}

/** Eight columns of dx: w [rows, 8]; dy packed by fives of samples; spare: panels * 256 bytes. */
function columns8(
  dx: usize,
  dxPanel: usize,
  w: usize,
  dy: usize,
  rows: usize,
  panels: usize,
  zeros: usize,
  spare: usize,
): void {
  const samples = panels << 3;
  for (let s: usize = 0; s < samples; s += 5) {
    gemm_packed_panel(spare + (min(s, samples - 5) << 5), 32, dy, zeros, w, rows, -Infinity);
    dy += rows * 20;
  }
  for (; panels > 0; panels--) {
    transpose8(dx, spare);
    dx += dxPanel;
    spare += 256;
  }
}

/**
 * dx = W^T · dy, for `panels` panels of eight lanes.
 *
 * W stands where activations stand in other products, its columns in lanes, and five samples at a time multiply it:
 * of all ways to bring its columns together, this one moves the least.
 *
 * w [rows, cols] row-major; dy [panels, rows, 8]; dx [panels, cols, 8].
 * scratch: rows * (panels * 32 + 80) + panels * 256 + 32 bytes. Nothing may overlap.
 */
export function gemm_tn_f32(
  dx: usize,
  w: usize,
  dy: usize,
  rows: usize,
  cols: usize,
  panels: usize,
  scratch: usize,
): void {
  const wRow = cols << 2;
  const dxPanel = cols << 5;
  if (cols < 8) {
    for (let p: usize = 0; p < panels; p++) {
      for (let c: usize = 0; c < cols; c++) {
        column(dx + p * dxPanel + (c << 5), w + (c << 2), wRow, dy + p * (rows << 5), rows);
      }
    }
    return;
  }
  if (panels == 0) return;
  const samples = panels << 3;
  const zeros = scratch;
  const spare = scratch + 32;
  const even = spare + (panels << 8);
  const odd = even + (rows << 5);
  const packed = odd + (rows << 5);
  memory.fill(zeros, 0, 20);
  for (let s: usize = 0, to = packed; s < samples; s += 5) {
    pack_samples5(to, dy, min(s, samples - 5), rows);
    to += rows * 20;
  }
  const last = cols - 8; // the last panels overlap those before: columns are computed anew, never short
  for (let j: usize = 0; j < cols; j += 16) {
    const c0 = min(j, last);
    const c1 = min(j + 8, last);
    pack_columns16(even, odd, w + (c0 << 2), w + (c1 << 2), wRow, rows);
    columns8(dx + (c0 << 5), dxPanel, even, packed, rows, panels, zeros, spare);
    if (c1 > c0) columns8(dx + (c1 << 5), dxPanel, odd, packed, rows, panels, zeros, spare);
  }
}
