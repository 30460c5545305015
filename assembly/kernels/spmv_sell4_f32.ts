/** Sparse product for one sample: four rows in SIMD lanes, rows of like length together, four steps a turn. */
import { atLeast, madd } from '../simd';

/**
 * y = max(W · x + b, low), W in slices of four rows, sorted by their number of nonzeros. The sum of a row starts with
 * its bias and takes its terms in the order of their columns.
 *
 * slices [count]: bias [4] f32, byte offset of each row in y [4] u32, bytes of steps u32, then steps of 24 bytes:
 * columns [4] u16, values [4] f32. A row that ends early goes on with value 0 and column `cols`.
 * x [cols + 1]: the kernel sets x[cols] = 0; cols <= 65535; y [rows].
 */
export function spmv_sell4_f32(y: usize, slices: usize, count: usize, x: usize, cols: usize, low: f32): void {
  store<f32>(x + (cols << 2), 0);
  const floor = f32x4.splat(low);
  for (; count > 0; count--) {
    let sum = v128.load(slices);
    const rows = slices + 16;
    const end = slices + 36 + <usize>load<u32>(slices, 32);
    slices += 36;
    for (const most = end - 72; slices < most; slices += 96) {
      let a = v128.load32_zero(x + ((<usize>load<u16>(slices)) << 2));
      let b = v128.load32_zero(x + ((<usize>load<u16>(slices, 4)) << 2));
      a = v128.load_lane<u32>(x + ((<usize>load<u16>(slices, 2)) << 2), a, 1);
      b = v128.load_lane<u32>(x + ((<usize>load<u16>(slices, 6)) << 2), b, 1);
      sum = madd(v128.load(slices, 8), v128.shuffle<f64>(a, b, 0, 2), sum);
      a = v128.load32_zero(x + ((<usize>load<u16>(slices, 24)) << 2));
      b = v128.load32_zero(x + ((<usize>load<u16>(slices, 28)) << 2));
      a = v128.load_lane<u32>(x + ((<usize>load<u16>(slices, 26)) << 2), a, 1);
      b = v128.load_lane<u32>(x + ((<usize>load<u16>(slices, 30)) << 2), b, 1);
      sum = madd(v128.load(slices, 32), v128.shuffle<f64>(a, b, 0, 2), sum);
      a = v128.load32_zero(x + ((<usize>load<u16>(slices, 48)) << 2));
      b = v128.load32_zero(x + ((<usize>load<u16>(slices, 52)) << 2));
      a = v128.load_lane<u32>(x + ((<usize>load<u16>(slices, 50)) << 2), a, 1);
      b = v128.load_lane<u32>(x + ((<usize>load<u16>(slices, 54)) << 2), b, 1);
      sum = madd(v128.load(slices, 56), v128.shuffle<f64>(a, b, 0, 2), sum);
      a = v128.load32_zero(x + ((<usize>load<u16>(slices, 72)) << 2));
      b = v128.load32_zero(x + ((<usize>load<u16>(slices, 76)) << 2));
      a = v128.load_lane<u32>(x + ((<usize>load<u16>(slices, 74)) << 2), a, 1);
      b = v128.load_lane<u32>(x + ((<usize>load<u16>(slices, 78)) << 2), b, 1);
      sum = madd(v128.load(slices, 80), v128.shuffle<f64>(a, b, 0, 2), sum);
    }
    for (; slices < end; slices += 24) {
      let a = v128.load32_zero(x + ((<usize>load<u16>(slices)) << 2));
      let b = v128.load32_zero(x + ((<usize>load<u16>(slices, 4)) << 2));
      a = v128.load_lane<u32>(x + ((<usize>load<u16>(slices, 2)) << 2), a, 1);
      b = v128.load_lane<u32>(x + ((<usize>load<u16>(slices, 6)) << 2), b, 1);
      sum = madd(v128.load(slices, 8), v128.shuffle<f64>(a, b, 0, 2), sum);
    }
    sum = atLeast(sum, floor);
    v128.store_lane<u32>(y + <usize>load<u32>(rows), sum, 0);
    v128.store_lane<u32>(y + <usize>load<u32>(rows, 4), sum, 1);
    v128.store_lane<u32>(y + <usize>load<u32>(rows, 8), sum, 2);
    v128.store_lane<u32>(y + <usize>load<u32>(rows, 12), sum, 3);
  }
}
