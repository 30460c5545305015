/** Float64 twins of second-order pruning, in plain loops. */
import type { SeededRandom } from '../support/seededRandom.js';

/** Second moments of seeded samples whose inputs depend on each other; the third input is always 0. */
export function gramOf(
  random: SeededRandom,
  cols: number,
  biased: boolean,
): { readonly gram: Float64Array; readonly size: number } {
  const size = cols + (biased ? 1 : 0);
  const samples = Array.from({ length: 3 * size + 2 }, () => {
    const common = random.uniform();
    const x = Array.from({ length: cols }, (_, j) => (j === 2 ? 0 : common + random.uniform() - 0.3));
    return biased ? [...x, 1] : x;
  });
  const gram = Float64Array.from({ length: size * size }, (_, at) => {
    const [i, j] = [Math.floor(at / size), at % size];
    return samples.reduce((sum, x) => sum + x[i]! * x[j]!, 0) / samples.length;
  });
  return { gram, size };
}

/** x with a · x = b, by Gaussian elimination with pivoting. */
export function solve(a: readonly (readonly number[])[], b: readonly number[]): number[] {
  const n = b.length;
  const m = a.map((row, i) => [...row, b[i]!]);
  for (let k = 0; k < n; k++) {
    let best = k;
    for (let i = k + 1; i < n; i++) if (Math.abs(m[i]![k]!) > Math.abs(m[best]![k]!)) best = i;
    [m[k], m[best]] = [m[best]!, m[k]!];
    for (let i = k + 1; i < n; i++) {
      const factor = m[i]![k]! / m[k]![k]!;
      for (let j = k; j <= n; j++) m[i]![j]! -= factor * m[k]![j]!;
    }
  }
  const x = new Array<number>(n).fill(0);
  for (let i = n - 1; i >= 0; i--) {
    let value = m[i]![n]!;
    for (let j = i + 1; j < n; j++) value -= m[i]![j]! * x[j]!;
    x[i] = value / m[i]![i]!;
  }
  return x;
}

/** The inverse of a symmetric positive definite matrix. */
export function inverse(a: readonly (readonly number[])[]): number[][] {
  const columns = a.map((_, k) =>
    solve(
      a,
      a.map((__, i) => (i === k ? 1 : 0)),
    ),
  );
  return columns.map((_, i) => columns.map((column) => column[i]!));
}
