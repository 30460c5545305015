/** Batch normalization as a part of the weight before it. */

/** y = x * scale + shift, row by row. */
export interface Affine {
  readonly scale: Float64Array;
  readonly shift: Float64Array;
}

/** Rows of a weight times their factors, [rows, cols]; rounded once. */
export function scaledValues(values: Float32Array, { scale }: Affine, cols: number): Float32Array {
  const scaled = new Float32Array(values.length);
  for (let at = 0, row = 0; at < values.length; row++) {
    const factor = scale[row]!;
    for (const end = at + cols; at < end; at++) scaled[at] = values[at]! * factor;
  }
  return scaled;
}

/** The bias that goes with it. */
export function scaledBias(bias: Float32Array | null, { scale, shift }: Affine): Float32Array {
  return Float32Array.from(shift, (value, row) => (bias?.[row] ?? 0) * scale[row]! + value);
}
