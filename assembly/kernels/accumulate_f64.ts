/** Sums of float32 values over many batches, held in float64. */

/** Two floats as doubles. */
function load2(p: usize): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(p));
}

/** y [n] f64 += scale * x [n] f32. */
export function add_scaled_f64(y: usize, x: usize, n: usize, scale: f64): void {
  const s = f64x2.splat(scale);
  let i: usize = 0;
  for (const even = n & ~1; i < even; i += 2) {
    const p = y + (i << 3);
    v128.store(p, f64x2.add(v128.load(p), f64x2.mul(load2(x + (i << 2)), s)));
  }
  if (i < n) {
    const p = y + (i << 3);
    store<f64>(p, load<f64>(p) + <f64>load<f32>(x + (i << 2)) * scale);
  }
}

/** y [n] f64 += (a [n] * b [n])^2, a and b f32. */
export function add_squared_products_f64(y: usize, a: usize, b: usize, n: usize): void {
  let i: usize = 0;
  for (const even = n & ~1; i < even; i += 2) {
    const p = y + (i << 3);
    const product = f64x2.mul(load2(a + (i << 2)), load2(b + (i << 2)));
    v128.store(p, f64x2.add(v128.load(p), f64x2.mul(product, product)));
  }
  if (i < n) {
    const p = y + (i << 3);
    const product = <f64>load<f32>(a + (i << 2)) * <f64>load<f32>(b + (i << 2));
    store<f64>(p, load<f64>(p) + product * product);
  }
}

/** Sum of a [n] * b [n], f32 in, f64 out. */
function dot(a: usize, b: usize, n: usize): f64 {
  let sums = f64x2.splat(0);
  let i: usize = 0;
  for (const even = n & ~1; i < even; i += 2) {
    sums = f64x2.add(sums, f64x2.mul(load2(a + (i << 2)), load2(b + (i << 2))));
  }
  let sum = f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
  if (i < n) sum += <f64>load<f32>(a + (i << 2)) * <f64>load<f32>(b + (i << 2));
  return sum;
}

/**
 * y [rows] f64 += (sum over a row of g * w, plus gBias * bias)^2. g, w [rows, cols], gBias, bias [rows] f32; the last two
 * are 0 for a layer without bias.
 */
export function add_unit_products_f64(
  y: usize,
  g: usize,
  w: usize,
  gBias: usize,
  bias: usize,
  rows: usize,
  cols: usize,
): void {
  for (let row: usize = 0; row < rows; row++) {
    const at = row * cols;
    let sum = dot(g + (at << 2), w + (at << 2), cols);
    if (bias) sum += <f64>load<f32>(gBias + (row << 2)) * <f64>load<f32>(bias + (row << 2));
    const p = y + (row << 3);
    store<f64>(p, load<f64>(p) + sum * sum);
  }
}

/** y [n] f32 = w [n] f32 + step * g [n] f64, rounded once. y may be w. */
export function perturb_f32(y: usize, w: usize, g: usize, n: usize, step: f64): void {
  for (let i: usize = 0; i < n; i++) {
    const value = <f64>load<f32>(w + (i << 2)) + step * load<f64>(g + (i << 3));
    store<f32>(y + (i << 2), <f32>value);
  }
}

/** Sum of the squares of x [n] f32. */
export function sum_squares_f32(x: usize, n: usize): f64 {
  return dot(x, x, n);
}

/** y [n] f32 = x [n] f64 * scale. */
export function round_scaled_f32(y: usize, x: usize, n: usize, scale: f64): void {
  for (let i: usize = 0; i < n; i++) store<f32>(y + (i << 2), <f32>(load<f64>(x + (i << 3)) * scale));
}

/** y [n] f32 = x [n] f32 * scale. y may be x. */
export function scale_f32(y: usize, x: usize, n: usize, scale: f32): void {
  for (let i: usize = 0; i < n; i++) store<f32>(y + (i << 2), load<f32>(x + (i << 2)) * scale);
}
