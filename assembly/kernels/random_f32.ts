/** Random numbers without state: element i depends on the seed and on i alone. */

/** Finalizer of SplitMix64 (Steele, Lea & Flood 2014): a bijection that scatters 64 bits. */
function scatter(x: u64): u64 {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
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
  let state = ((<u64>seedHigh) << 32) | <u64>seedLow; // seed + (i + 1) * the golden ratio, for element i
  for (const end = y + (n << 2); y < end; y += 4) {
    state += 0x9e3779b97f4a7c15;
    const bits = scatter(state) >> 40;
    store<f32>(y, low + <f32>(<u32>bits) * <f32>(1.0 / 16777216.0) * width);
  }
}
