/** Masks: one byte a weight, 1 keeps, 0 prunes. */
import { loadTail, loadUpTo4, storeUpTo4 } from '../simd';

/** Four mask bytes as four lanes of all ones or all zeros; fewer than four near the end. */
export function lanesOf(mask: usize, count: usize): v128 {
  let bits: u32 = 0;
  if (count >= 4) bits = load<u32>(mask);
  else for (let i: usize = 0; i < count; i++) bits |= (<u32>load<u8>(mask + i)) << ((<u32>i) << 3);
  const wide = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(i32x4.splat(<i32>bits)));
  return i32x4.ne(wide, i32x4.splat(0));
}

/** x [n] = x where mask [n] is 1, else +0. By bits, so that a NaN under the mask is gone too. */
export function mask_apply_f32(x: usize, mask: usize, n: usize): void {
  for (let i: usize = 0; i < n; i += 4) {
    const p = x + (i << 2);
    storeUpTo4(p, v128.and(loadUpTo4(p, n - i), lanesOf(mask + i, n - i)), n - i);
  }
}

/** Number of ones in mask [n]. */
export function mask_count(mask: usize, n: usize): u32 {
  let count: u32 = 0;
  const end = mask + n;
  const end8 = mask + (n & ~7);
  for (; mask < end8; mask += 8) count += <u32>popcnt<u64>(load<u64>(mask));
  for (; mask < end; mask++) count += <u32>load<u8>(mask);
  return count;
}

/** Number of elements of x [n] that are NaN or infinite. */
export function count_nonfinite_f32(x: usize, n: usize): u32 {
  const zero = f32x4.splat(0);
  let count = i32x4.splat(0);
  let i: usize = 0;
  for (const whole = n & ~3; i < whole; i += 4) {
    const v = v128.load(x + (i << 2));
    count = i32x4.sub(count, f32x4.ne(f32x4.sub(v, v), zero));
  }
  if (i < n) {
    const v = loadTail(x + (i << 2), n - i);
    count = i32x4.sub(count, f32x4.ne(f32x4.sub(v, v), zero));
  }
  return (
    i32x4.extract_lane(count, 0) +
    i32x4.extract_lane(count, 1) +
    i32x4.extract_lane(count, 2) +
    i32x4.extract_lane(count, 3)
  );
}

/** y [n] = |x [n]|: the scores of magnitude pruning. y may be x. */
export function abs_f32(y: usize, x: usize, n: usize): void {
  for (let i: usize = 0; i < n; i += 4) {
    storeUpTo4(y + (i << 2), f32x4.abs(loadUpTo4(x + (i << 2), n - i)), n - i);
  }
}

/** y [n] = x [n] where mask [n] is 1, else +0; by bits, as mask_apply_f32 does. */
export function mask_copy_f32(y: usize, x: usize, mask: usize, n: usize): void {
  for (let i: usize = 0; i < n; i += 4) {
    const at = i << 2;
    storeUpTo4(y + at, v128.and(loadUpTo4(x + at, n - i), lanesOf(mask + i, n - i)), n - i);
  }
}

/** keep [n] = 0 where `after` has a 1 and `before` has a 0, else 1; returns the number of those. All masks [n]. */
export function mask_revived(keep: usize, before: usize, after: usize, n: usize): u32 {
  let count: u32 = 0;
  let i: usize = 0;
  for (const whole = n & ~7; i < whole; i += 8) {
    const revived = load<u64>(after + i) & ~load<u64>(before + i);
    store<u64>(keep + i, 0x0101010101010101 & ~revived);
    count += <u32>popcnt<u64>(revived);
  }
  for (; i < n; i++) {
    const revived = load<u8>(after + i) & ~load<u8>(before + i);
    store<u8>(keep + i, 1 & ~revived);
    count += revived;
  }
  return count;
}

/** y [n] = x [n] where mask [n] is 1; elsewhere y stays as it is. */
export function mask_merge_f32(y: usize, x: usize, mask: usize, n: usize): void {
  for (let i: usize = 0; i < n; i += 4) {
    const at = i << 2;
    const value = v128.bitselect(
      loadUpTo4(x + at, n - i),
      loadUpTo4(y + at, n - i),
      lanesOf(mask + i, n - i),
    );
    storeUpTo4(y + at, value, n - i);
  }
}
