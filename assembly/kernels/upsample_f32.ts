/** Rows between those of a coarser grid, as Gaussian sums of its rows. */
import { exp } from '../math';
import { loadUpTo4, madd, storeUpTo4 } from '../simd';

/**
 * Weights [spacing, taps] of upsample_rows_f32: for phase p and tap i that of a grid row d = spacing (i - reach) - p away,
 * e^(-d² / (2 sigma²)) times sqrt(spacing) over the sum of that power for d = -spacing reach ... spacing reach. taps is
 * 2 reach + 2. Noise on the grid then becomes as large as noise on every row does with spacing 1.
 */
export function gaussian_phases_f32(y: usize, spacing: usize, reach: usize, sigma: f32): void {
  const exponent: f32 = -0.5 / (sigma * sigma);
  let sum: f32 = 0;
  for (let d = spacing * reach; d > 0; d--) {
    sum += 2 * f32x4.extract_lane(exp(f32x4.splat(exponent * <f32>d * <f32>d)), 0);
  }
  const scale = sqrt(<f32>spacing) / (sum + 1);
  for (let phase: usize = 0; phase < spacing; phase++) {
    for (let tap: usize = 0; tap < 2 * reach + 2; tap++) {
      const d = <f32>(<isize>(spacing * tap) - <isize>(spacing * reach + phase));
      store<f32>(y, f32x4.extract_lane(exp(f32x4.splat(exponent * d * d)), 0) * scale);
      y += 4;
    }
  }
}

/** The sum for sixteen columns. */
export function upsample_columns16(y: usize, x: usize, xRow: usize, weights: usize, taps: usize): void {
  let a = f32x4.splat(0),
    b = a,
    c = a,
    d = a;
  for (const end = weights + (taps << 2); weights < end; weights += 4) {
    const weight = v128.load32_splat(weights);
    a = madd(weight, v128.load(x), a);
    b = madd(weight, v128.load(x, 16), b);
    c = madd(weight, v128.load(x, 32), c);
    d = madd(weight, v128.load(x, 48), d);
    x += xRow;
  }
  v128.store(y, a);
  v128.store(y, b, 16);
  v128.store(y, c, 32);
  v128.store(y, d, 48);
}

/** The sum for the `count` columns that are left, or four. */
function upsampleColumns4(y: usize, x: usize, xRow: usize, weights: usize, taps: usize, count: usize): void {
  let sum = f32x4.splat(0);
  for (const end = weights + (taps << 2); weights < end; weights += 4) {
    sum = madd(v128.load32_splat(weights), loadUpTo4(x, count), sum);
    x += xRow;
  }
  storeUpTo4(y, sum, count);
}

/**
 * y row r = sum over i of weights[r % spacing][i] times x row floor(r / spacing) + i.
 *
 * y [rows, cols]; x [floor((rows - 1) / spacing) + taps, cols]; weights [spacing, taps].
 */
export function upsample_rows_f32(
  y: usize,
  x: usize,
  weights: usize,
  rows: usize,
  cols: usize,
  spacing: usize,
  taps: usize,
): void {
  const xRow = cols << 2;
  for (let first: usize = 0; first < rows; first += spacing) {
    const last = min(rows, first + spacing);
    let w = weights;
    for (let row = first; row < last; row++) {
      if (cols >= 16) {
        // The last block may overlap the one before: the same sums again.
        const lastColumn = (cols - 16) << 2;
        for (let c: usize = 0; c < lastColumn; c += 64) upsample_columns16(y + c, x + c, xRow, w, taps);
        upsample_columns16(y + lastColumn, x + lastColumn, xRow, w, taps);
      } else {
        for (let c: usize = 0; c < cols; c += 4) {
          upsampleColumns4(y + (c << 2), x + (c << 2), xRow, w, taps, cols - c);
        }
      }
      y += xRow;
      w += taps << 2;
    }
    x += xRow;
  }
}
