/** How sparse a tensor is. */
import { loadUpTo4 } from '../simd';

/** Number of elements of x [n] that are not zero (NaN counts, -0 does not). */
export function count_nonzero_f32(x: usize, n: usize): u32 {
  let count = i32x4.splat(0);
  for (let i: usize = 0; i < n; i += 4) {
    count = i32x4.sub(count, f32x4.ne(loadUpTo4(x + (i << 2), n - i), f32x4.splat(0)));
  }
  return (
    i32x4.extract_lane(count, 0) +
    i32x4.extract_lane(count, 1) +
    i32x4.extract_lane(count, 2) +
    i32x4.extract_lane(count, 3)
  );
}
