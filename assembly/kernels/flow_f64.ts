/** Products with the sizes of weights, in float64: what SynFlow passes through a network. */

/** Sum of |w| [n] f32 * x [n] f64. */
function dot(w: usize, x: usize, n: usize): f64 {
  let sums = f64x2.splat(0);
  let i: usize = 0;
  for (const even = n & ~1; i < even; i += 2) {
    const pair = f64x2.promote_low_f32x4(f32x4.abs(v128.load64_zero(w + (i << 2))));
    sums = f64x2.add(sums, f64x2.mul(pair, v128.load(x + (i << 3))));
  }
  let sum = f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
  if (i < n) sum += Math.abs(<f64>load<f32>(w + (i << 2))) * load<f64>(x + (i << 3));
  return sum;
}

/** y [rows] f64 = |W| · x. W [rows, cols] f32, x [cols] f64. */
export function flow_forward_f64(y: usize, w: usize, x: usize, rows: usize, cols: usize): void {
  for (let row: usize = 0; row < rows; row++) {
    store<f64>(y + (row << 3), dot(w + ((row * cols) << 2), x, cols));
  }
}

/** x [cols] f64 = |W|^T · y. W [rows, cols] f32, y [rows] f64. */
export function flow_backward_f64(x: usize, w: usize, y: usize, rows: usize, cols: usize): void {
  memory.fill(x, 0, cols << 3);
  for (let row: usize = 0; row < rows; row++) {
    const from = w + ((row * cols) << 2);
    const factor = load<f64>(y + (row << 3));
    for (let col: usize = 0; col < cols; col++) {
      const p = x + (col << 3);
      store<f64>(p, load<f64>(p) + Math.abs(<f64>load<f32>(from + (col << 2))) * factor);
    }
  }
}
