/** Dropout: a random keep-mask and its product. */

/** y [n] = x [n] / (1 - rate) where uniform [n] (in [0, 1)) is at least `rate`, else 0; y may be x. */
export function dropout_f32(y: usize, x: usize, uniform: usize, n: usize, rate: f32): void {
  const scale: f32 = 1 / (1 - rate);
  for (let i: usize = 0; i < n; i++) {
    const at = i << 2;
    store<f32>(y + at, load<f32>(uniform + at) < rate ? 0 : load<f32>(x + at) * scale);
  }
}
