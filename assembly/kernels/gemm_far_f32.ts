/**
 * Dense product over tiles, for weights that come from afar: from third-level cache or from memory. As gemm_packed_f32, but that each
 * input has a sixth, empty place beside its five weights, and the kernel writes to places some way ahead. WebAssembly cannot
 * prefetch, and a load ahead holds up all that follows it until its line has come. A store does not: it waits in a buffer of
 * its own, and its line comes all the same.
 */
import { atLeast, madd } from '../simd';
import { packFives } from './gemm_packed_f32';

/** Rows of a block; bytes of one input's weights and the empty place. */
const BLOCK: usize = 5;
const RECORD: usize = 24;
/** Bytes from a record to the one whose line is asked for: about 900 cycles. A page exactly would lie where loads of the same low bits wait. */
const AHEAD: usize = 168 * RECORD;

/** As gemm_packed_panel; `ahead` bytes on lie other records, or 0. */
export function gemm_far_panel(
  y: usize,
  w: usize,
  ahead: usize,
  bias: usize,
  x: usize,
  k: usize,
  low: f32,
): void {
  let s00 = v128.load32_splat(bias);
  let s01 = s00;
  let s10 = v128.load32_splat(bias, 4);
  let s11 = s10;
  let s20 = v128.load32_splat(bias, 8);
  let s21 = s20;
  let s30 = v128.load32_splat(bias, 12);
  let s31 = s30;
  let s40 = v128.load32_splat(bias, 16);
  let s41 = s40;
  for (const end = w + k * RECORD; w < end; w += RECORD) {
    store<u32>(w + ahead, 0, 20);
    const x1 = v128.load(x, 16),
      x0 = v128.load(x);
    let a = v128.load32_splat(w, 16);
    s41 = madd(a, x1, s41);
    s40 = madd(a, x0, s40);
    a = v128.load32_splat(w, 12);
    s31 = madd(a, x1, s31);
    s30 = madd(a, x0, s30);
    a = v128.load32_splat(w, 8);
    s21 = madd(a, x1, s21);
    s20 = madd(a, x0, s20);
    a = v128.load32_splat(w, 4);
    s11 = madd(a, x1, s11);
    s10 = madd(a, x0, s10);
    a = v128.load32_splat(w);
    s01 = madd(a, x1, s01);
    s00 = madd(a, x0, s00);
    x += 32;
  }
  const floor = f32x4.splat(low);
  v128.store(y, atLeast(s00, floor));
  v128.store(y, atLeast(s01, floor), 16);
  v128.store(y, atLeast(s10, floor), 32);
  v128.store(y, atLeast(s11, floor), 48);
  v128.store(y, atLeast(s20, floor), 64);
  v128.store(y, atLeast(s21, floor), 80);
  v128.store(y, atLeast(s30, floor), 96);
  v128.store(y, atLeast(s31, floor), 112);
  v128.store(y, atLeast(s40, floor), 128);
  v128.store(y, atLeast(s41, floor), 144);
}

/** Packs w [rows, k], row-major, rows >= 5, for gemm_far_f32: as gemm_pack_f32, but blocks of [k][6], the sixth 0. */
export function gemm_pack_far_f32(y: usize, w: usize, rows: usize, k: usize): void {
  packFives(y, w, rows, k, RECORD);
  for (const end = y + ((rows + BLOCK - 1) / BLOCK) * k * RECORD; y < end; y += RECORD) store<u32>(y, 0, 20);
}

/**
 * y = max(W · x + b, low) over tiles of eight lanes.
 *
 * w packed by gemm_pack_far_f32, to whose empty places the kernel writes zeros; bias [rows], rows >= 5; x [tiles, k, 8];
 * y [tiles, rows, 8]. low = -Infinity for no activation, 0 for ReLU. y must not overlap an input.
 */
export function gemm_far_f32(
  y: usize,
  w: usize,
  bias: usize,
  x: usize,
  rows: usize,
  k: usize,
  tiles: usize,
  low: f32,
): void {
  const block = k * RECORD;
  const end = w + ((rows + BLOCK - 1) / BLOCK) * block;
  for (let i: usize = 0; i < rows; i += BLOCK) {
    const first = min(i, rows - BLOCK);
    // The first tile brings what follows; near the end there is nothing to bring.
    let ahead: usize = w + block + AHEAD <= end ? AHEAD : 0;
    let to = y + (first << 5);
    let from = x;
    for (let t: usize = 0; t < tiles; t++) {
      gemm_far_panel(to, w, ahead, bias + (first << 2), from, k, low);
      ahead = 0;
      to += rows << 5;
      from += k << 5;
    }
    w += block;
  }
}
