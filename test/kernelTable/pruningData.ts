/** Data and tolerances for the float64 kernels. */
import type { SeededRandom } from '../support/seededRandom.js';
import type { Expectation } from './row.js';

/** `n` doubles in [-1, 1). */
export const doubles = (random: SeededRandom, n: number): Float64Array<ArrayBuffer> =>
  Float64Array.from({ length: n }, () => 2 * random.uniform() - 1);

/** An output of `n` doubles that nobody has written yet. */
export const blankDoubles = (n: number): Float64Array => new Float64Array(n).fill(Number.NaN);

/** Equal up to the rounding of float64 sums in another order. */
export const close = (values: ArrayLike<number>, room = 1e-11): Expectation => ({
  values,
  tolerance: (expected) => room * (1 + Math.abs(expected)),
});

/** Activations in tiles, a third of them 0; lanes without a sample hold values that must not count. */
export function tilesOf(random: SeededRandom, features: number, lanes: number, samples: number) {
  const tiles = Math.ceil(samples / lanes);
  const x = random.floats(features * tiles * lanes).map((value) => (value < -0.3 ? 0 : value));
  const at = (f: number, s: number) => x[(Math.floor(s / lanes) * features + f) * lanes + (s % lanes)]!;
  return { x, at };
}

/** A symmetric matrix [n, n] whose eigenvalues are at least 0.5. */
export function positiveDefinite(random: SeededRandom, n: number): Float64Array<ArrayBuffer> {
  const root = doubles(random, n * n);
  return Float64Array.from({ length: n * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    let sum = i === j ? 0.5 : 0;
    for (let k = 0; k < n; k++) sum += (root[i * n + k]! * root[j * n + k]!) / n;
    return sum;
  });
}

/** The lower Cholesky factor in plain loops; above the diagonal 0. */
export function choleskyTwin(a: Float64Array, n: number): Float64Array {
  const l = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a[i * n + j]!;
      for (let k = 0; k < j; k++) sum -= l[i * n + k]! * l[j * n + k]!;
      l[i * n + j] = i === j ? Math.sqrt(sum) : sum / l[j * n + j]!;
    }
  }
  return l;
}

/** Row-major rows of a flat matrix. */
export const rowsOf = (a: ArrayLike<number>, n: number): number[][] =>
  Array.from({ length: n }, (_, i) => Array.from({ length: n }, (__, j) => a[i * n + j]!));
