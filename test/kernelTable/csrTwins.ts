/** Sparse matrices, and products in float32 term by term. */
import type { SeededRandom } from '../support/seededRandom.js';
import { atLeast } from './denseTwins.js';

/** A matrix [rows, cols] as CSR; column indices as byte offsets, `pitch` bytes a column. */
export interface Csr {
  readonly rows: number;
  readonly cols: number;
  readonly values: Float32Array;
  readonly colIdx: Uint32Array;
  readonly rowPtr: Uint32Array;
}

export function csrOf(w: Float32Array, rows: number, cols: number, pitch: number): Csr {
  const [values, colIdx, rowPtr]: number[][] = [[], [], [0]];
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < cols; c++) {
      const value = w[r * cols + c]!;
      if (value === 0) continue;
      values!.push(value);
      colIdx!.push(c * pitch);
    }
    rowPtr!.push(values!.length);
  }
  return {
    rows,
    cols,
    values: Float32Array.from(values!),
    colIdx: Uint32Array.from(colIdx!),
    rowPtr: Uint32Array.from(rowPtr!),
  };
}

/** `n` floats in [-1, 1), a share of them zero. */
export function maskedFloats(random: SeededRandom, n: number, zeros: number): Float32Array<ArrayBuffer> {
  const values = random.floats(n);
  const keep = random.mask(n, zeros);
  return values.map((value, i) => (keep[i] ? value : 0));
}

/** max(W x + b, low), one rounding for each multiplication and addition, in the order of the columns; zeros left out. */
export function sequential(
  w: ArrayLike<number>,
  bias: ArrayLike<number> | null,
  x: ArrayLike<number>,
  [rows, cols]: readonly [number, number],
  low = -Infinity,
): Float32Array {
  return Float32Array.from({ length: rows }, (_, r) => {
    let sum = (bias ? bias[r]! : 0) + 0;
    for (let c = 0; c < cols; c++) {
      const weight = w[r * cols + c]!;
      if (weight !== 0 && x[c] !== 0) sum = Math.fround(sum + Math.fround(weight * x[c]!));
    }
    return atLeast(sum, low);
  });
}
