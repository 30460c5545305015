/** SparseGPT in float64: w [rows, n], u [n, n] the upper Cholesky factor of H^-1 (H^-1 = U^T · U), both row-major. */
import { axpy_f64 } from './cholesky_f64';

/** scores [rows, to - from] f64 = w^2 / u_jj^2 for the columns `from` to `to`. */
export function sparsegpt_scores_f64(
  scores: usize,
  w: usize,
  u: usize,
  rows: usize,
  n: usize,
  from: usize,
  to: usize,
): void {
  for (let row: usize = 0; row < rows; row++) {
    for (let j = from; j < to; j++) {
      const ratio = load<f64>(w + ((row * n + j) << 3)) / load<f64>(u + ((j * n + j) << 3));
      store<f64>(scores, ratio * ratio);
      scores += 8;
    }
  }
}

/**
 * Left to right through the columns `from` to `to`: where keep [rows, to - from] u8 is 0, w becomes 0 and all later columns
 * of its row make up for it, w -= w_j / u_jj * u_j.
 */
export function sparsegpt_update_f64(
  w: usize,
  u: usize,
  keep: usize,
  rows: usize,
  n: usize,
  from: usize,
  to: usize,
): void {
  for (let row: usize = 0; row < rows; row++) {
    for (let j = from; j < to; j++) {
      if (load<u8>(keep++)) continue;
      const p = w + ((row * n + j) << 3);
      const own = u + ((j * n + j) << 3);
      const error = load<f64>(p) / load<f64>(own);
      store<f64>(p, 0);
      if (error != 0) axpy_f64(p + 8, own + 8, n - j - 1, -error);
    }
  }
}
