/** Block-sparse product for one sample: eight consecutive rows share a column. */
import { atLeast, madd } from '../simd';

/**
 * y = max(W · x + b, low), W in blocks of 8 x 1, two block rows of like length to a group; otherwise as spmv_block4_f32.
 *
 * groups [count]: bias [2][8] f32, byte offset of each block row in y [2] u32, bytes of steps u32, then steps of
 * 68 bytes: columns [2] u16, values [2][8] f32. A block row that ends early goes on with values 0 and column `cols`.
 * x [cols + 1]: the kernel sets x[cols] = 0; cols <= 65535; y [rows].
 */
export function spmv_block8_f32(
  y: usize,
  groups: usize,
  count: usize,
  x: usize,
  cols: usize,
  low: f32,
): void {
  store<f32>(x + (cols << 2), 0);
  const floor = f32x4.splat(low);
  for (; count > 0; count--) {
    let s0 = v128.load(groups),
      s1 = v128.load(groups, 16),
      t0 = v128.load(groups, 32),
      t1 = v128.load(groups, 48);
    const rows = groups + 64;
    const end = groups + 76 + <usize>load<u32>(groups, 72);
    for (groups += 76; groups < end; groups += 68) {
      let a = v128.load32_splat(x + ((<usize>load<u16>(groups, 2)) << 2));
      t1 = madd(v128.load(groups, 52), a, t1);
      t0 = madd(v128.load(groups, 36), a, t0);
      a = v128.load32_splat(x + ((<usize>load<u16>(groups)) << 2));
      s1 = madd(v128.load(groups, 20), a, s1);
      s0 = madd(v128.load(groups, 4), a, s0);
    }
    const first = y + <usize>load<u32>(rows);
    v128.store(first, atLeast(s0, floor));
    v128.store(first, atLeast(s1, floor), 16);
    const second = y + <usize>load<u32>(rows, 4);
    v128.store(second, atLeast(t0, floor));
    v128.store(second, atLeast(t1, floor), 16);
  }
}
