/** Layouts in plain loops: [features, samples] matrices to tiles of lanes and back. */

/**
 * [features, samples], samples contiguous, as tiles [ceil(samples / lanes), features, lanes];
 * lanes without a sample hold `fill`.
 */
export function toTiles(
  x: ArrayLike<number>,
  features: number,
  samples: number,
  lanes: number,
  fill = 0,
): Float64Array {
  const y = new Float64Array(Math.ceil(samples / lanes) * features * lanes).fill(fill);
  for (let f = 0; f < features; f++) {
    for (let s = 0; s < samples; s++) {
      y[(Math.floor(s / lanes) * features + f) * lanes + (s % lanes)] = x[f * samples + s]!;
    }
  }
  return y;
}

/** x [rows, cols] as [cols, rows]. */
export function transposed(x: ArrayLike<number>, rows: number, cols: number): Float64Array {
  return Float64Array.from({ length: rows * cols }, (_, i) => x[(i % rows) * cols + Math.floor(i / rows)]!);
}
