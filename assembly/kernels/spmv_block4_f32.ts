/**
 * Block-sparse product for one sample: four consecutive rows share a column.
 *
 * Sums are touched in the reverse of the order of their declaration, which keeps V8 from loading all values first.
 */
import { atLeast, madd } from '../simd';

/**
 * y = max(W · x + b, low), W in blocks of 4 x 1. Four block rows of like length make a group and go together, which
 * hides the latency of the additions, two steps a turn; each sum starts with its bias and takes its terms in the order of their columns.
 *
 * groups [count]: bias [4][4] f32, byte offset of each block row in y [4] u32, bytes of steps u32, then steps of
 * 72 bytes: columns [4] u16, values [4][4] f32. A block row that ends early goes on with values 0 and column `cols`.
 * x [cols + 1]: the kernel sets x[cols] = 0; cols <= 65535; y [rows].
 */
export function spmv_block4_f32(
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
      s2 = v128.load(groups, 32),
      s3 = v128.load(groups, 48);
    const rows = groups + 64;
    const end = groups + 84 + <usize>load<u32>(groups, 80);
    groups += 84;
    for (const most = end - 72; groups < most; groups += 144) {
      s3 = madd(v128.load(groups, 56), v128.load32_splat(x + ((<usize>load<u16>(groups, 6)) << 2)), s3);
      s2 = madd(v128.load(groups, 40), v128.load32_splat(x + ((<usize>load<u16>(groups, 4)) << 2)), s2);
      s1 = madd(v128.load(groups, 24), v128.load32_splat(x + ((<usize>load<u16>(groups, 2)) << 2)), s1);
      s0 = madd(v128.load(groups, 8), v128.load32_splat(x + ((<usize>load<u16>(groups)) << 2)), s0);
      s3 = madd(v128.load(groups, 128), v128.load32_splat(x + ((<usize>load<u16>(groups, 78)) << 2)), s3);
      s2 = madd(v128.load(groups, 112), v128.load32_splat(x + ((<usize>load<u16>(groups, 76)) << 2)), s2);
      s1 = madd(v128.load(groups, 96), v128.load32_splat(x + ((<usize>load<u16>(groups, 74)) << 2)), s1);
      s0 = madd(v128.load(groups, 80), v128.load32_splat(x + ((<usize>load<u16>(groups, 72)) << 2)), s0);
    }
    if (groups < end) {
      s3 = madd(v128.load(groups, 56), v128.load32_splat(x + ((<usize>load<u16>(groups, 6)) << 2)), s3);
      s2 = madd(v128.load(groups, 40), v128.load32_splat(x + ((<usize>load<u16>(groups, 4)) << 2)), s2);
      s1 = madd(v128.load(groups, 24), v128.load32_splat(x + ((<usize>load<u16>(groups, 2)) << 2)), s1);
      s0 = madd(v128.load(groups, 8), v128.load32_splat(x + ((<usize>load<u16>(groups)) << 2)), s0);
      groups += 72;
    }
    v128.store(y + <usize>load<u32>(rows), atLeast(s0, floor));
    v128.store(y + <usize>load<u32>(rows, 4), atLeast(s1, floor));
    v128.store(y + <usize>load<u32>(rows, 8), atLeast(s2, floor));
    v128.store(y + <usize>load<u32>(rows, 12), atLeast(s3, floor));
  }
}
