/** Random numbers without state: element i depends on the seed and on i alone. */

/** Finalizer of SplitMix64 (Steele, Lea & Flood 2014): a bijection that scatters 64 bits. */
function scatter(x: u64): u64 {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

/** From the state of one element to that of the next: 2^64 over the golden ratio. Element i has seed + (i + 1) steps. */
export const SEED_STEP: u64 = 0x9e3779b97f4a7c15;

/** The number of the element with this state: uniform from low to low + width. */
export function uniformFrom(state: u64, low: f32, width: f32): f32 {
  const bits = scatter(state) >> 40;
  return low + <f32>(<u32>bits) * <f32>(1.0 / 16777216.0) * width;
}

/**
 * y [n] uniform from low to low + width, 24 random bits each; the seed is seedHigh : seedLow. The upper end itself can
 * come out by rounding, but not with low = 0 and width = 1.
 */
export function random_uniform_f32(
  y: usize,
  n: usize,
  seedLow: u32,
  seedHigh: u32,
  low: f32,
  width: f32,
): void {
  let state = ((<u64>seedHigh) << 32) | <u64>seedLow;
  const end = y + (n << 2);
  const lows = f32x4.splat(low);
  const widths = f32x4.splat(width);
  for (const whole = y + ((n & ~3) << 2); y < whole; y += 16) {
    let bits = i32x4.splat(<i32>(scatter(state + SEED_STEP) >> 40));
    bits = i32x4.replace_lane(bits, 1, <i32>(scatter(state + 2 * SEED_STEP) >> 40));
    bits = i32x4.replace_lane(bits, 2, <i32>(scatter(state + 3 * SEED_STEP) >> 40));
    state += 4 * SEED_STEP;
    bits = i32x4.replace_lane(bits, 3, <i32>(scatter(state) >> 40));
    const unit = f32x4.mul(f32x4.convert_i32x4_s(bits), f32x4.splat(1.0 / 16777216.0));
    v128.store(y, f32x4.add(lows, f32x4.mul(unit, widths)));
  }
  for (; y < end; y += 4) {
    state += SEED_STEP;
    store<f32>(y, uniformFrom(state, low, width));
  }
}
