/** How sparse a tensor is. */
import { loadUpTo4 } from '../simd';

/** Number of elements of x [n] that are not zero (NaN counts, -0 does not). */
export function count_nonzero_f32(x: usize, n: usize): u32 {
  const zero = f32x4.splat(0);
  let count = i32x4.splat(0),
    more = count;
  let i: usize = 0;
  for (const whole = n & ~15; i < whole; i += 16) {
    const at = x + (i << 2);
    // -1 where a value is not zero: two vectors are added before they are taken off a sum.
    const first = i32x4.add(f32x4.ne(v128.load(at), zero), f32x4.ne(v128.load(at, 16), zero));
    const last = i32x4.add(f32x4.ne(v128.load(at, 32), zero), f32x4.ne(v128.load(at, 48), zero));
    count = i32x4.sub(count, first);
    more = i32x4.sub(more, last);
  }
  for (; i < n; i += 4) count = i32x4.sub(count, f32x4.ne(loadUpTo4(x + (i << 2), n - i), zero));
  count = i32x4.add(count, more);
  return (
    i32x4.extract_lane(count, 0) +
    i32x4.extract_lane(count, 1) +
    i32x4.extract_lane(count, 2) +
    i32x4.extract_lane(count, 3)
  );
}
