/**
 * Gradient of a convolution's input: W^T · dy, five rows at a time, added where the inputs of an output lie.
 *
 * The rows of W^T are packed by fives, as gemm_packed_f32 has them, and the sums begin with what is there: a product is
 * never written for its own sake. Sums are touched in the order of their declaration: here that makes V8 load each
 * weight where it is used, the reverse makes it load all of them first (gemm_packed_f32: the other way). The panel is exported only to keep the optimizer from merging it into the loops around it;
 * JavaScript does not call it.
 */
import { madd } from '../simd';

/** Rows of a block. */
const BLOCK: usize = 5;

/** x + the offset in a splat. V8 adds up the base of a splat in every turn of a loop, but not if it is known before. */
function place(x: usize, offset: v128): usize {
  return x + <u32>i32x4.extract_lane(offset, 0);
}

/**
 * Eight floats at x + offsets[0..4] += five rows of W^T [filters][5] times dy [filters][8]. Places are computed twice,
 * because the loop needs the registers.
 */
export function conv_input_panel(x: usize, offsets: usize, w: usize, dy: usize, filters: usize): void {
  let at = place(x, v128.load32_splat(offsets));
  let s00 = v128.load(at);
  let s01 = v128.load(at, 16);
  at = place(x, v128.load32_splat(offsets, 4));
  let s10 = v128.load(at);
  let s11 = v128.load(at, 16);
  at = place(x, v128.load32_splat(offsets, 8));
  let s20 = v128.load(at);
  let s21 = v128.load(at, 16);
  at = place(x, v128.load32_splat(offsets, 12));
  let s30 = v128.load(at);
  let s31 = v128.load(at, 16);
  at = place(x, v128.load32_splat(offsets, 16));
  let s40 = v128.load(at);
  let s41 = v128.load(at, 16);
  for (const end = w + filters * 20; w < end; w += 20) {
    const y0 = v128.load(dy),
      y1 = v128.load(dy, 16);
    let a = v128.load32_splat(w);
    s00 = madd(a, y0, s00);
    s01 = madd(a, y1, s01);
    a = v128.load32_splat(w, 4);
    s10 = madd(a, y0, s10);
    s11 = madd(a, y1, s11);
    a = v128.load32_splat(w, 8);
    s20 = madd(a, y0, s20);
    s21 = madd(a, y1, s21);
    a = v128.load32_splat(w, 12);
    s30 = madd(a, y0, s30);
    s31 = madd(a, y1, s31);
    a = v128.load32_splat(w, 16);
    s40 = madd(a, y0, s40);
    s41 = madd(a, y1, s41);
    dy += 32;
  }
  at = x + load<u32>(offsets);
  v128.store(at, s00);
  v128.store(at, s01, 16);
  at = x + load<u32>(offsets, 4);
  v128.store(at, s10);
  v128.store(at, s11, 16);
  at = x + load<u32>(offsets, 8);
  v128.store(at, s20);
  v128.store(at, s21, 16);
  at = x + load<u32>(offsets, 12);
  v128.store(at, s30);
  v128.store(at, s31, 16);
  at = x + load<u32>(offsets, 16);
  v128.store(at, s40);
  v128.store(at, s41, 16);
}

/** One row of W^T, its weights wStep bytes apart. */
function row(x: usize, w: usize, wStep: usize, dy: usize, filters: usize): void {
  let s0 = v128.load(x);
  let s1 = v128.load(x, 16);
  for (; filters > 0; filters--) {
    const a = v128.load32_splat(w);
    s0 = madd(a, v128.load(dy), s0);
    s1 = madd(a, v128.load(dy, 16), s1);
    w += wStep;
    dy += 32;
  }
  v128.store(x, s0);
  v128.store(x, s1, 16);
}

/** The panels of every filter side by side: y [panels][filters][8]. */
function copyPanels(
  y: usize,
  dy: usize,
  pixels: usize,
  pixelsEnd: usize,
  filters: usize,
  plane: usize,
): void {
  const step = filters << 5;
  for (const end = y + step; y < end; y += 32) {
    let to = y;
    for (let p = pixels; p < pixelsEnd; p += 8) {
      const from = dy + load<u32>(p, 4);
      v128.store(to, v128.load(from));
      v128.store(to, v128.load(from, 16), 16);
      to += step;
    }
    dy += plane << 2;
  }
}

/** The last rows of W^T, fewer than five, behind as many zeros as make them five. */
function packLast(to: usize, w: usize, wRow: usize, filters: usize, rows: usize): void {
  memory.fill(to, 0, filters * 20);
  to += (BLOCK - rows) << 2;
  for (; filters > 0; filters--) {
    for (let r: usize = 0; r < rows; r++) store<u32>(to + (r << 2), load<u32>(w + (r << 2)));
    to += 20;
    w += wRow;
  }
}

/**
 * W^T for conv_input_grad_f32 from w [filters, k]: five rows as [filters][5], where the last block has zeros for the rows
 * that the one before has. With fewer than five rows, [filters][k].
 * to: ceil(k / 5) * filters * 20 bytes, or k * filters * 4 for k < 5.
 */
export function conv_pack_transposed_f32(to: usize, w: usize, filters: usize, k: usize): void {
  if (k < BLOCK) {
    memory.copy(to, w, (filters * k) << 2);
    return;
  }
  const wRow = k << 2;
  for (let j: usize = 0; j + BLOCK <= k; j += BLOCK) {
    let from = w + (j << 2);
    for (const end = to + filters * 20; to < end; to += 20) {
      v128.store(to, v128.load(from));
      store<u32>(to, load<u32>(from, 16), 16);
      from += wRow;
    }
  }
  const left = k % BLOCK;
  if (left) packLast(to, w + ((k - left) << 2), wRow, filters, left);
}

/** All rows of W^T against some panels. */
function allRows(
  dx: usize,
  wt: usize,
  dy: usize,
  offsets: usize,
  pixels: usize,
  pixelsEnd: usize,
  filters: usize,
  k: usize,
): void {
  for (let j: usize = 0; j < k; j += BLOCK) {
    const o = offsets + (min(j, k - BLOCK) << 2);
    let from = dy;
    for (let p = pixels; p < pixelsEnd; p += 8) {
      conv_input_panel(dx + load<u32>(p), o, wt, from, filters);
      from += filters << 5;
    }
    wt += filters * 20;
  }
}

/** As allRows for fewer than five rows. */
function fewRows(
  dx: usize,
  wt: usize,
  dy: usize,
  offsets: usize,
  pixels: usize,
  pixelsEnd: usize,
  filters: usize,
  k: usize,
): void {
  for (; pixels < pixelsEnd; pixels += 8) {
    const to = dx + load<u32>(pixels);
    for (let j: usize = 0; j < k; j++) {
      row(to + load<u32>(offsets + (j << 2)), wt + (j << 2), k << 2, dy, filters);
    }
    dy += filters << 5;
  }
}

/**
 * dx[base + offsets[j]] += sum of w[f][j] * dy[f] over the filters, for all columns j and panels: one tile, one group.
 *
 * wt packed by conv_pack_transposed_f32; dy [filters, plane]; pixels: `count` records {base, y} u32, bytes: eight outputs
 * at y have their inputs of column j at base + offsets[j], eight neighbours; offsets u32 [k], all different. dx is zeroed,
 * or holds what is to be added to. All of wt is read once for `chunk` panels.
 * scratch: min(chunk, count) * filters * 32 bytes.
 */
export function conv_input_grad_f32(
  dx: usize,
  wt: usize,
  dy: usize,
  offsets: usize,
  pixels: usize,
  scratch: usize,
  filters: usize,
  k: usize,
  count: usize,
  plane: usize,
  chunk: usize,
): void {
  const last = pixels + (count << 3);
  for (; pixels < last; pixels += chunk << 3) {
    const end = min(pixels + (chunk << 3), last);
    copyPanels(scratch, dy, pixels, end, filters, plane);
    if (k < BLOCK) fewRows(dx, wt, scratch, offsets, pixels, end, filters, k);
    else allRows(dx, wt, scratch, offsets, pixels, end, filters, k);
  }
}
