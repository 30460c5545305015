/** Dynamic sparse training with trainable thresholds: one a row. Liu et al. 2020, arXiv:2005.06870. */
import { exp } from '../math';
import { loadUpTo4, madd, storeUpTo4, sumLanes } from '../simd';

/** mask [rows, cols] = 1 where |w| > t of the row, else 0 (for a NaN too); t [rows]. */
export function threshold_mask_f32(mask: usize, w: usize, t: usize, rows: usize, cols: usize): void {
  for (let row: usize = 0; row < rows; row++) {
    const bound = v128.load32_splat(t + (row << 2));
    for (let i: usize = 0; i < cols; i += 4) {
      const left = cols - i;
      const over = i32x4.bitmask(f32x4.gt(f32x4.abs(loadUpTo4(w + (i << 2), left)), bound));
      const count = left < 4 ? left : 4;
      for (let j: usize = 0; j < count; j++) store<u8>(mask + i + j, <u8>((over >> <i32>j) & 1));
    }
    w += cols << 2;
    mask += cols;
  }
}

/** The paper's derivative of a step: 2 - 4 |q| up to 0.4, then 0.4 up to 1, then 0. */
function stepSlope(q: v128): v128 {
  const size = f32x4.abs(q);
  const near = f32x4.sub(f32x4.splat(2), f32x4.mul(f32x4.splat(4), size));
  const far = v128.and(f32x4.splat(0.4), f32x4.le(size, f32x4.splat(1)));
  return v128.bitselect(near, far, f32x4.le(size, f32x4.splat(0.4)));
}

/**
 * From g [rows, cols], the gradient of the effective weights w step(|w| - t): g = g (step(q) + |w| slope(q)), that of w,
 * and dt [rows] = -sum of g w slope(q) over the row - alpha e^-t, that of t with its penalty; q = |w| - t of the row.
 */
export function threshold_grad_f32(
  g: usize,
  dt: usize,
  w: usize,
  t: usize,
  rows: usize,
  cols: usize,
  alpha: f32,
): void {
  const one = f32x4.splat(1);
  const zero = f32x4.splat(0);
  for (let row: usize = 0; row < rows; row++) {
    const bound = v128.load32_splat(t + (row << 2));
    let sum = zero;
    for (let i: usize = 0; i < cols; i += 4) {
      const at = i << 2;
      const left = cols - i;
      const weight = loadUpTo4(w + at, left);
      const gradient = loadUpTo4(g + at, left);
      const size = f32x4.abs(weight);
      const q = f32x4.sub(size, bound);
      const slope = stepSlope(q);
      sum = madd(f32x4.mul(gradient, weight), slope, sum);
      const factor = madd(size, slope, v128.and(one, f32x4.gt(q, zero)));
      storeUpTo4(g + at, f32x4.mul(gradient, factor), left);
    }
    const penalty = f32x4.extract_lane(exp(f32x4.neg(bound)), 0) * alpha;
    store<f32>(dt + (row << 2), -sumLanes(sum) - penalty);
    w += cols << 2;
    g += cols << 2;
  }
}
