/** Distances between the rows of a weight. */

/** Squared Euclidean distance of a and b [n] f32. */
function squaredDistance(a: usize, b: usize, n: usize): f64 {
  let sums = f64x2.splat(0);
  let i: usize = 0;
  for (const even = n & ~1; i < even; i += 2) {
    const left = f64x2.promote_low_f32x4(v128.load64_zero(a + (i << 2)));
    const right = f64x2.promote_low_f32x4(v128.load64_zero(b + (i << 2)));
    const apart = f64x2.sub(left, right);
    sums = f64x2.add(sums, f64x2.mul(apart, apart));
  }
  let sum = f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
  if (i < n) {
    const apart = <f64>load<f32>(a + (i << 2)) - <f64>load<f32>(b + (i << 2));
    sum += apart * apart;
  }
  return sum;
}

/**
 * Adds the Euclidean distances of row `row` of W [rows, cols] f32 to those of all rows after it, to its own entry in
 * y [rows] f64 and to theirs.
 */
export function add_row_distances_f64(y: usize, w: usize, row: usize, rows: usize, cols: usize): void {
  const own = w + ((row * cols) << 2);
  let total = load<f64>(y + (row << 3));
  for (let other = row + 1; other < rows; other++) {
    const apart = Math.sqrt(squaredDistance(own, w + ((other * cols) << 2), cols));
    const p = y + (other << 3);
    store<f64>(p, load<f64>(p) + apart);
    total += apart;
  }
  store<f64>(y + (row << 3), total);
}
