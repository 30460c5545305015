/** Sparse product for one sample: four rows in SIMD lanes, rows of like length together. */
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
    for (slices += 36; slices < end; slices += 24) {
      // Two columns a load: loads are what runs out first, four are left for x and one for the values.
      const c01 = load<u32>(slices);
      const c23 = load<u32>(slices, 4);
      let a = v128.load32_zero(x + ((<usize>c01 & 0xffff) << 2));
      let b = v128.load32_zero(x + ((<usize>c23 & 0xffff) << 2));
      a = v128.load_lane<u32>(x + ((<usize>(c01 >> 16)) << 2), a, 1);
      b = v128.load_lane<u32>(x + ((<usize>(c23 >> 16)) << 2), b, 1);
      sum = madd(v128.load(slices, 8), v128.shuffle<f64>(a, b, 0, 2), sum);
    }
    sum = atLeast(sum, floor);
    v128.store_lane<u32>(y + <usize>load<u32>(rows), sum, 0);
    v128.store_lane<u32>(y + <usize>load<u32>(rows, 4), sum, 1);
    v128.store_lane<u32>(y + <usize>load<u32>(rows, 8), sum, 2);
    v128.store_lane<u32>(y + <usize>load<u32>(rows, 12), sum, 3);
  }
}
