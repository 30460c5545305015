/** Hard-concrete gates over the columns of a weight. */
import { EPS } from '../support/tolerance.js';
import { blank, grid, kernel, LENGTHS } from './row.js';

const [BETA, GAMMA, ZETA] = [2 / 3, -0.1, 1.1];
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** A gate from log alpha and noise, before it is cut; Louizos et al. 2018, eq. 10 and 11. */
export const stretchedGate = (a: number, noise: number) =>
  sigmoid((noise + a) / BETA) * (ZETA - GAMMA) + GAMMA;

/** P(z > 0), eq. 12. */
export const openness = (a: number) => sigmoid(a - BETA * Math.log(-GAMMA / ZETA));

const cut = (x: number) => Math.min(Math.max(x, 0), 1);

const logit = kernel('logit_f32', {
  shapes: grid({ n: LENGTHS, inPlace: [0, 1] }),
  bench: { n: 784, inPlace: 1 },
  flops: ({ n }) => 40 * n,
  setUp({ n, inPlace }, random) {
    const x = random.floats(n, 1e-6, 1 - 1e-6);
    return {
      inputs: { x },
      outputs: { y: inPlace ? x.slice() : blank(n) },
      args: (at) => [at('y'), at(inPlace ? 'y' : 'x'), n],
      expected: () => ({
        y: {
          values: Float64Array.from(x, (u) => Math.log(u) - Math.log(1 - u)),
          tolerance: (value) => 8 * EPS * (1 + Math.abs(value)),
        },
      }),
    };
  },
});

const sample = kernel('hard_concrete_f32', {
  shapes: grid({ n: LENGTHS, spread: [1, 20] }),
  bench: { n: 784, spread: 1 },
  flops: ({ n }) => 40 * n,
  setUp({ n, spread }, random) {
    const [a, noise] = [random.floats(n, -2, 2), random.floats(n, -spread, spread)];
    return {
      inputs: { a, noise },
      outputs: { z: blank(n), dz: blank(n) },
      args: (at) => [at('z'), at('dz'), at('a'), at('noise'), n],
      expected: () => {
        const wide = Array.from(a, (value, i) => stretchedGate(value, noise[i]!));
        const slope = (x: number) => {
          const s = (x - GAMMA) / (ZETA - GAMMA);
          return x > 0 && x < 1 ? ((ZETA - GAMMA) * s * (1 - s)) / BETA : 0;
        };
        return {
          z: { values: wide.map(cut), tolerance: 32 * EPS },
          dz: { values: wide.map(slope), tolerance: 64 * EPS },
        };
      },
    };
  },
});

const mean = kernel('hard_concrete_mean_f32', {
  shapes: grid({ n: LENGTHS }),
  bench: { n: 784 },
  flops: ({ n }) => 30 * n,
  setUp({ n }, random) {
    const a = random.floats(n, -6, 6);
    return {
      inputs: { a },
      outputs: { z: blank(n) },
      args: (at) => [at('z'), at('a'), n],
      expected: () => ({
        z: {
          values: Array.from(a, (value) => cut(sigmoid(value) * (ZETA - GAMMA) + GAMMA)),
          tolerance: 16 * EPS,
        },
      }),
    };
  },
});

const gradient = kernel('hard_concrete_grad_f32', {
  shapes: grid({ n: LENGTHS, lambda: [0, 0.5] }),
  bench: { n: 784, lambda: 0.5 },
  flops: ({ n }) => 30 * n,
  setUp({ n, lambda }, random) {
    const [d, dz, a] = [random.floats(n), random.floats(n, 0, 2), random.floats(n, -4, 4)];
    return {
      inputs: { d, dz, a },
      outputs: { da: blank(n) },
      args: (at) => [at('da'), at('d'), at('dz'), at('a'), n, lambda],
      expected: () => {
        const penalty = (value: number) => lambda * openness(value) * (1 - openness(value));
        const values = Array.from(a, (value, i) => d[i]! * dz[i]! + penalty(value));
        return { da: { values, tolerance: 32 * EPS } };
      },
    };
  },
});

const MATRICES = grid({ rows: [0, 1, 3], cols: [1, 3, 4, 5, 8, 17, 33] });
const BENCH = { rows: 300, cols: 784 };

const scale = kernel('scale_columns_f32', {
  shapes: MATRICES,
  bench: BENCH,
  flops: ({ rows, cols }) => rows * cols,
  setUp({ rows, cols }, random) {
    const [x, z] = [random.floats(rows * cols), random.floats(cols)];
    return {
      inputs: { x, z },
      outputs: { y: blank(rows * cols) },
      args: (at) => [at('y'), at('x'), at('z'), rows, cols],
      expected: () => ({ y: { values: x.map((value, i) => value * z[i % cols]!), tolerance: 0 } }),
    };
  },
});

const dots = kernel('column_dots_f32', {
  shapes: MATRICES,
  bench: BENCH,
  flops: ({ rows, cols }) => 2 * rows * cols,
  setUp({ rows, cols }, random) {
    const [g, w] = [random.floats(rows * cols), random.floats(rows * cols)];
    return {
      inputs: { g, w },
      outputs: { d: blank(cols) },
      args: (at) => [at('d'), at('g'), at('w'), rows, cols],
      expected: () => {
        const values = new Float64Array(cols);
        g.forEach((value, i) => {
          values[i % cols]! += value * w[i]!;
        });
        return { d: { values, tolerance: (rows + 1) * 2 * EPS } };
      },
    };
  },
});

const mask = kernel('column_mask', {
  shapes: MATRICES,
  bench: BENCH,
  flops: ({ rows, cols }) => rows * cols,
  setUp({ rows, cols }, random) {
    const base = random.mask(rows * cols, 0.3);
    const z = random.floats(cols, 0, 1).map((value) => (value < 0.5 ? 0 : value));
    return {
      inputs: { base, z },
      outputs: { mask: new Uint8Array(rows * cols).fill(7) },
      args: (at) => [at('mask'), at('base'), at('z'), rows, cols],
      expected: () => ({
        mask: { values: base.map((kept, i) => (z[i % cols]! > 0 ? kept : 0)), tolerance: 0 },
      }),
    };
  },
});

export const gateKernels = [logit, sample, mean, gradient, scale, dots, mask];
