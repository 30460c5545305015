/** Whether all weights count: sessions look no further then. */

/** Bits of the largest finite number, doubled to lose the sign, less 2: zeros, infinities and NaN come out above. */
const MOST: i32 = 0xfefffffc;
/** Floats after which the loop may end early. */
const PART: usize = 1024;

/** 1 when no element of x [n] is zero, infinite or NaN, else 0. */
export function is_full_f32(x: usize, n: usize): u32 {
  const two = i32x4.splat(2);
  const most = i32x4.splat(MOST);
  const end = x + (n << 2);
  // Few instructions for each number: functions that execute many are compiled anew while others should start.
  for (const whole = x + ((n & ~15) << 2); x < whole; ) {
    let above = i32x4.splat(0);
    for (const stop = min(whole, x + (PART << 2)); x < stop; x += 64) {
      let a = v128.load(x);
      above = i32x4.max_u(above, i32x4.sub(i32x4.add(a, a), two));
      a = v128.load(x, 16);
      above = i32x4.max_u(above, i32x4.sub(i32x4.add(a, a), two));
      a = v128.load(x, 32);
      above = i32x4.max_u(above, i32x4.sub(i32x4.add(a, a), two));
      a = v128.load(x, 48);
      above = i32x4.max_u(above, i32x4.sub(i32x4.add(a, a), two));
    }
    if (v128.any_true(i32x4.gt_u(above, most))) return 0;
  }
  for (; x < end; x += 4) if ((load<u32>(x) << 1) - 2 > <u32>MOST) return 0;
  return 1;
}
