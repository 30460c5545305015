/** Float64 twins of the dense products, on matrices [features, samples], samples contiguous. */

/** max(x, low), but keeps -0 (and NaN), which Math.max does not. */
export function atLeast(x: number, low: number): number {
  if (x < low) return low;
  return x;
}

/** max(W x + b, low): w [rows, k], bias [rows] or null, x [k, samples] give [rows, samples]. */
export function dense(
  w: ArrayLike<number>,
  bias: ArrayLike<number> | null,
  x: ArrayLike<number>,
  [rows, k, samples]: readonly [number, number, number],
  low = -Infinity,
): Float64Array {
  const y = new Float64Array(rows * samples);
  for (let r = 0; r < rows; r++) {
    for (let s = 0; s < samples; s++) {
      let sum = bias ? bias[r]! : 0;
      for (let i = 0; i < k; i++) sum += w[r * k + i]! * x[i * samples + s]!;
      y[r * samples + s] = atLeast(sum, low);
    }
  }
  return y;
}

/** W^T dy: w [rows, cols] and dy [rows, samples] give dx [cols, samples]. */
export function denseInputGradient(
  w: ArrayLike<number>,
  dy: ArrayLike<number>,
  [rows, cols, samples]: readonly [number, number, number],
): Float64Array {
  const dx = new Float64Array(cols * samples);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < cols; c++) {
      for (let s = 0; s < samples; s++) dx[c * samples + s]! += w[r * cols + c]! * dy[r * samples + s]!;
    }
  }
  return dx;
}

/** dy x^T: dy [rows, samples] and x [cols, samples] give dw [rows, cols]. */
export function denseWeightGradient(
  dy: ArrayLike<number>,
  x: ArrayLike<number>,
  [rows, cols, samples]: readonly [number, number, number],
): Float64Array {
  const dw = new Float64Array(rows * cols);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < cols; c++) {
      for (let s = 0; s < samples; s++) dw[r * cols + c]! += dy[r * samples + s]! * x[c * samples + s]!;
    }
  }
  return dw;
}

/** Sum of each row of x [rows, samples]. */
export function rowSums(x: ArrayLike<number>, rows: number, samples: number): Float64Array {
  const y = new Float64Array(rows);
  for (let i = 0; i < rows * samples; i++) y[Math.floor(i / samples)]! += x[i]!;
  return y;
}
