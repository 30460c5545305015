/**
 * Sparse products for one sample whose input is sparse too: column by column, zero inputs skipped; W finite.
 *
 * y = max(W · x + b, low). The sum of a row starts with its bias and takes its terms in the order of their columns.
 * columns: byte offset of the steps of each column [cols + 1] u32, counted from `columns`, then the steps.
 * bias [rows rounded up to 4]; x [cols]; y [rows]; scratch: cols * 4 + rows * 4 + 64 bytes.
 */
import { atLeast, madd } from '../simd';
import { list_nonzero_f32 } from './list_nonzero_f32';

/** Sums begin as the bias. */
function begin(sums: usize, bias: usize, rows: usize): void {
  for (let i: usize = 0; i < rows << 2; i += 16) v128.store(sums + i, v128.load(bias + i));
}

/** y = max(sums, low). */
function finish(y: usize, sums: usize, rows: usize, low: f32): void {
  const floor = f32x4.splat(low);
  const whole = (rows & ~3) << 2;
  for (let i: usize = 0; i < whole; i += 16) v128.store(y + i, atLeast(v128.load(sums + i), floor));
  for (let i = whole; i < rows << 2; i += 4) {
    const sum = load<f32>(sums + i);
    store<f32>(y + i, sum < low ? low : sum);
  }
}

/**
 * Steps of 24 bytes: rows [4] u16, values [4] f32. A column that ends early goes on with value 0 and row `rows`;
 * rows <= 65535.
 */
export function spmv_csc_f32(
  y: usize,
  columns: usize,
  bias: usize,
  x: usize,
  rows: usize,
  cols: usize,
  low: f32,
  scratch: usize,
): void {
  const sums = scratch;
  let list = scratch + ((rows + 4) << 2);
  const end = list + (list_nonzero_f32(list, x, cols) << 2);
  begin(sums, bias, rows);
  for (; list < end; list += 4) {
    const at = (<usize>load<u32>(list)) << 2;
    const a = v128.load32_splat(x + at);
    let step = columns + <usize>load<u32>(columns + at);
    const stop = columns + <usize>load<u32>(columns + at, 4);
    for (; step < stop; step += 24) {
      const rows12 = load<u32>(step);
      const rows34 = load<u32>(step, 4);
      const first = sums + ((<usize>rows12 & 0xffff) << 2);
      const second = sums + ((<usize>(rows12 >> 16)) << 2);
      const third = sums + ((<usize>rows34 & 0xffff) << 2);
      const fourth = sums + ((<usize>(rows34 >> 16)) << 2);
      let sum = v128.load32_zero(first);
      let more = v128.load32_zero(third);
      sum = v128.load_lane<u32>(second, sum, 1);
      more = v128.load_lane<u32>(fourth, more, 1);
      sum = madd(v128.load(step, 8), a, v128.shuffle<f64>(sum, more, 0, 2));
      v128.store_lane<u32>(first, sum, 0);
      v128.store_lane<u32>(second, sum, 1);
      v128.store_lane<u32>(third, sum, 2);
      v128.store_lane<u32>(fourth, sum, 3);
    }
  }
  finish(y, sums, rows, low);
}

/** Blocks of 4 x 1. Steps of 20 bytes: byte offset of the first row, a multiple of 16, u32; values [4] f32. */
export function spmv_csc4_f32(
  y: usize,
  columns: usize,
  bias: usize,
  x: usize,
  rows: usize,
  cols: usize,
  low: f32,
  scratch: usize,
): void {
  const sums = scratch;
  let list = scratch + ((rows + 4) << 2);
  const end = list + (list_nonzero_f32(list, x, cols) << 2);
  begin(sums, bias, rows);
  for (; list < end; list += 4) {
    const at = (<usize>load<u32>(list)) << 2;
    const a = v128.load32_splat(x + at);
    let step = columns + <usize>load<u32>(columns + at);
    const stop = columns + <usize>load<u32>(columns + at, 4);
    for (; step < stop; step += 20) {
      const sum = sums + <usize>load<u32>(step);
      v128.store(sum, madd(v128.load(step, 4), a, v128.load(sum)));
    }
  }
  finish(y, sums, rows, low);
}
