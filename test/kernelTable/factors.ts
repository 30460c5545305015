/** Cholesky factors and what second-order pruning does with them. */
import { inverse, solve } from '../prune/secondOrder.js';
import { blankDoubles, choleskyTwin, close, doubles, positiveDefinite, rowsOf } from './pruningData.js';
import { grid, kernel } from './row.js';

const SIZES = [0, 1, 2, 3, 4, 5, 7, 8, 9, 17];

/** `lower` on and below the diagonal, `upper` above it. */
const joined = (n: number, lower: Float64Array, upper: ArrayLike<number>) =>
  lower.map((value, at) => (at % n > Math.floor(at / n) ? upper[at]! : value));

const cholesky = kernel('cholesky_f64', {
  shapes: grid({ n: SIZES }),
  bench: { n: 300 },
  flops: ({ n }) => (n * n * n) / 3,
  setUp({ n }, random) {
    const a = positiveDefinite(random, n);
    return {
      inputs: {},
      outputs: { a },
      args: (at) => [at('a'), n, 1e-12],
      expected: () => ({ a: close(joined(n, choleskyTwin(a, n), a)), result: close([n]) }),
    };
  },
});

const choleskySolve = kernel('cholesky_solve_f64', {
  shapes: grid({ n: SIZES }),
  bench: { n: 300 },
  flops: ({ n }) => 2 * n * n,
  setUp({ n }, random) {
    const a = positiveDefinite(random, n);
    const x = doubles(random, n);
    return {
      inputs: { l: joined(n, choleskyTwin(a, n), doubles(random, n * n)) },
      outputs: { x },
      args: (at) => [at('x'), at('l'), n],
      expected: () => ({ x: close(solve(rowsOf(a, n), [...x])) }),
    };
  },
});

const choleskyInvert = kernel('cholesky_invert_f64', {
  shapes: grid({ n: SIZES }),
  bench: { n: 300 },
  flops: ({ n }) => (2 * n * n * n) / 3,
  setUp({ n }, random) {
    const a = positiveDefinite(random, n);
    const out = doubles(random, n * n);
    return {
      inputs: {},
      outputs: { out, l: joined(n, choleskyTwin(a, n), doubles(random, n * n)), scratch: blankDoubles(n) },
      args: (at) => [at('out'), at('l'), n, at('scratch')],
      expected: () => ({
        out: close(joined(n, Float64Array.from(inverse(rowsOf(a, n)).flat()), out)),
      }),
    };
  },
});

/** Weights of one row go one by one; matrices are inverted anew at every step. */
function obsTwin(a: Float64Array, w: Float64Array, keep: Uint8Array, fixed: number) {
  const n = w.length;
  // a is H^-1: H of a part is what is left of H.
  const h = inverse(rowsOf(a, n));
  let left = [...keep.keys()].filter((i) => i < fixed || keep[i] === 1);
  const value = Float64Array.from(w, (one, i) => (left.includes(i) ? one : 0));
  const [order, loss]: [number[], number[]] = [[], []];
  while (left.length > fixed) {
    const part = inverse(left.map((i) => left.map((j) => h[i]![j]!)));
    let best = fixed;
    const cost = (k: number) => value[left[k]!]! ** 2 / part[k]![k]!;
    for (let k = fixed; k < left.length; k++) if (cost(k) <= cost(best)) best = k;
    order.push(left[best]!);
    loss.push(cost(best));
    const factor = value[left[best]!]! / part[best]![best]!;
    for (const [k, i] of left.entries()) value[i]! -= factor * part[k]![best]!;
    left = left.filter((_, k) => k !== best);
  }
  return { order, loss };
}

const obsRow = kernel('obs_row_f64', {
  shapes: grid({ n: SIZES, fixed: [0, 1], pruned: [0, 1] }).filter(({ n, fixed }) => fixed <= n),
  bench: { n: 300, fixed: 1, pruned: 0 },
  flops: ({ n }) => (n * n * n) / 3,
  setUp({ n, fixed, pruned }, random) {
    const a = positiveDefinite(random, n);
    const keep = random.mask(n, pruned ? 0.5 : 0).map((kept, i) => (i < fixed ? 1 : kept));
    const w = doubles(random, n).map((value, i) => (keep[i] === 0 ? 0 : value));
    const [order, loss] = [new Uint32Array(n).fill(77), new Float64Array(n).fill(77)];
    return {
      inputs: {},
      outputs: { order, loss, a, w, ids: Uint32Array.from(w.keys()), keep },
      args: (at) => [at('order'), at('loss'), at('a'), at('w'), at('ids'), at('keep'), n, fixed, n, fixed],
      expected: () => {
        const twin = obsTwin(a, w, keep, fixed);
        const last = twin.order.length - 1; // the first to go stands last
        return {
          order: { values: order.map((old, i) => twin.order[last - i] ?? old), tolerance: 0.5 },
          loss: close(
            loss.map((old, i) => twin.loss[last - i] ?? old),
            1e-9,
          ),
        };
      },
    };
  },
});

const PARTS = [
  { rows: 0, n: 3, from: 0, to: 3 },
  { rows: 1, n: 1, from: 0, to: 1 },
  { rows: 3, n: 5, from: 0, to: 2 },
  { rows: 2, n: 9, from: 4, to: 8 },
  { rows: 4, n: 13, from: 5, to: 13 },
];

/** An upper factor [n, n]; what is below its diagonal must not be read. */
const upperOf = (n: number, values: Float64Array) =>
  values.map((value, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    return j < i ? Number.NaN : i === j ? 1 + Math.abs(value) : value;
  });

const sparsegptScores = kernel('sparsegpt_scores_f64', {
  shapes: PARTS,
  bench: { rows: 300, n: 785, from: 0, to: 128 },
  flops: ({ rows, from, to }) => 2 * rows * (to - from),
  setUp({ rows, n, from, to }, random) {
    const [w, u] = [doubles(random, rows * n), upperOf(n, doubles(random, n * n))];
    const width = to - from;
    return {
      inputs: { w, u },
      outputs: { scores: blankDoubles(rows * width) },
      args: (at) => [at('scores'), at('w'), at('u'), rows, n, from, to],
      expected: () => ({
        scores: close(
          Float64Array.from({ length: rows * width }, (_, i) => {
            const j = from + (i % width);
            return (w[Math.floor(i / width) * n + j]! / u[j * n + j]!) ** 2;
          }),
        ),
      }),
    };
  },
});

const sparsegptUpdate = kernel('sparsegpt_update_f64', {
  shapes: PARTS,
  bench: { rows: 300, n: 785, from: 0, to: 128 },
  flops: ({ rows, n, from, to }) => rows * (to - from) * n,
  setUp({ rows, n, from, to }, random) {
    const [w, u] = [doubles(random, rows * n), upperOf(n, doubles(random, n * n))];
    const width = to - from;
    const keep = random.mask(rows * width, 0.5);
    return {
      inputs: { u, keep },
      outputs: { w },
      args: (at) => [at('w'), at('u'), at('keep'), rows, n, from, to],
      expected: () => {
        const twin = w.slice();
        for (let i = 0; i < rows * width; i++) {
          if (keep[i] === 1) continue;
          const [row, j] = [Math.floor(i / width), from + (i % width)];
          const error = twin[row * n + j]! / u[j * n + j]!;
          for (let k = j; k < n; k++) twin[row * n + k]! -= error * u[j * n + k]!;
          twin[row * n + j] = 0;
        }
        return { w: close(twin) };
      },
    };
  },
});

export const factorKernels = [
  cholesky,
  choleskySolve,
  choleskyInvert,
  obsRow,
  sparsegptScores,
  sparsegptUpdate,
];
