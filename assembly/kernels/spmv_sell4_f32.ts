/** Sparse product for one sample: four rows in SIMD lanes, rows of like length together, three steps a turn. */
import { GATHER, gather } from '../gather';
import { atLeast, madd } from '../simd';

/** The inputs at four byte offsets. */
function pick(at: u64): v128 {
  const ab = <u32>at;
  const cd = <u32>(at >> 32);
  const a = v128.load32_zero(ab & 0xffff, GATHER);
  const c = v128.load32_zero(cd & 0xffff, GATHER);
  const b = v128.load_lane<u32>(ab >> 16, a, 1, GATHER);
  return v128.shuffle<f64>(b, v128.load_lane<u32>(cd >> 16, c, 1, GATHER), 0, 2);
}

/**
 * y = max(W · x + b, low), W in slices of four rows, sorted by their number of nonzeros. The sum of a row starts with
 * its bias and takes its terms in the order of their columns.
 *
 * slices [count]: bias [4] f32, byte offset of each row in y [4] u32, bytes of steps u32, then steps of 24 bytes:
 * byte offsets of columns [4] u16, values [4] f32. A row that ends early goes on with value 0 and column `cols`.
 * x [cols], cols <= 16379; y [rows]. Four offsets are one load: loads are what there are most of.
 */
export function spmv_sell4_f32(y: usize, slices: usize, count: usize, x: usize, cols: usize, low: f32): void {
  gather(x, cols);
  const floor = f32x4.splat(low);
  for (; count > 0; count--) {
    let sum = v128.load(slices);
    const rows = slices + 16;
    const end = slices + 36 + <usize>load<u32>(slices, 32);
    slices += 36;
    for (const most = end - 48; slices < most; slices += 72) {
      sum = madd(v128.load(slices, 8), pick(load<u64>(slices)), sum);
      sum = madd(v128.load(slices, 32), pick(load<u64>(slices, 24)), sum);
      sum = madd(v128.load(slices, 56), pick(load<u64>(slices, 48)), sum);
    }
    for (; slices < end; slices += 24) sum = madd(v128.load(slices, 8), pick(load<u64>(slices)), sum);
    scatter4(y, rows, sum, floor);
  }
}

/**
 * As spmv_sell4_f32 for more inputs than there is room to gather: steps hold columns, not their offsets, and x [cols + 1]
 * is read where it is; the kernel sets x[cols] = 0. cols <= 65535.
 */
export function spmv_sell4_wide_f32(
  y: usize,
  slices: usize,
  count: usize,
  x: usize,
  cols: usize,
  low: f32,
): void {
  store<f32>(x + (cols << 2), 0);
  const floor = f32x4.splat(low);
  for (; count > 0; count--) {
    let sum = v128.load(slices);
    const rows = slices + 16;
    const end = slices + 36 + <usize>load<u32>(slices, 32);
    for (slices += 36; slices < end; slices += 24) {
      let a = v128.load32_zero(x + ((<usize>load<u16>(slices)) << 2));
      let c = v128.load32_zero(x + ((<usize>load<u16>(slices, 4)) << 2));
      a = v128.load_lane<u32>(x + ((<usize>load<u16>(slices, 2)) << 2), a, 1);
      c = v128.load_lane<u32>(x + ((<usize>load<u16>(slices, 6)) << 2), c, 1);
      sum = madd(v128.load(slices, 8), v128.shuffle<f64>(a, c, 0, 2), sum);
    }
    scatter4(y, rows, sum, floor);
  }
}

/** Stores four sums at their rows. */
function scatter4(y: usize, rows: usize, sum: v128, floor: v128): void {
  sum = atLeast(sum, floor);
  v128.store_lane<u32>(y + <usize>load<u32>(rows), sum, 0);
  v128.store_lane<u32>(y + <usize>load<u32>(rows, 4), sum, 1);
  v128.store_lane<u32>(y + <usize>load<u32>(rows, 8), sum, 2);
  v128.store_lane<u32>(y + <usize>load<u32>(rows, 12), sum, 3);
}
