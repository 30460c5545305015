/** Kernels of methods that prune while a model trains. */
import { EPS } from '../support/tolerance.js';
import { oddFloats } from './masks.js';
import { blank, grid, kernel, LENGTHS } from './row.js';

const splice = kernel('splice_f32', {
  shapes: grid({ n: LENGTHS, odd: [0, 3, 10], low: [0, 0.25, 0.5], sparsity: [0, 0.5, 1] }),
  bench: { n: 235200, odd: 0, low: 0.9, sparsity: 0.9 },
  flops: ({ n }) => 2 * n,
  setUp({ n, odd, low, sparsity }, random) {
    const w = oddFloats(random, n, odd);
    const mask = random.mask(n, sparsity);
    if (n > 2) w.set([low, -0.75]); // neither bound is crossed by a weight that lies on it
    return {
      inputs: { w },
      outputs: { mask },
      args: (at) => [at('mask'), at('w'), n, low, 0.75],
      expected: () => {
        const values = mask.map((kept, i) => {
          const size = Math.abs(w[i]!);
          return size <= low ? 0 : size > 0.75 ? 1 : kept;
        });
        return { mask: { values, tolerance: 0 } };
      },
    };
  },
});

const biased = kernel('biased_abs_f32', {
  shapes: grid({ n: LENGTHS, odd: [0, 3, 10], sparsity: [0, 0.5, 1] }),
  bench: { n: 235200, odd: 0, sparsity: 0.9 },
  flops: ({ n }) => 2 * n,
  setUp({ n, odd, sparsity }, random) {
    const w = oddFloats(random, n, odd);
    const mask = random.mask(n, sparsity);
    return {
      inputs: { w, mask },
      outputs: { y: blank(n) },
      args: (at) => [at('y'), at('w'), at('mask'), n, 1.5, 0.75],
      expected: () => {
        const values = Float32Array.from(w, (value, i) => Math.abs(value) * (mask[i] === 1 ? 1.5 : 0.75));
        return { y: { values, tolerance: 0 } };
      },
    };
  },
});

const movement = kernel('movement_f32', {
  shapes: grid({ n: LENGTHS, sparsity: [0, 0.5, 1], rate: [0.25, 1] }),
  bench: { n: 235200, sparsity: 0.9, rate: 1 },
  flops: ({ n }) => 3 * n,
  setUp({ n, sparsity, rate }, random) {
    const [s, g, weight, shadow] = [random.floats(n), random.floats(n), random.floats(n), random.floats(n)];
    const mask = random.mask(n, sparsity);
    return {
      inputs: { weight, shadow, mask },
      outputs: { s, g },
      args: (at) => [at('s'), at('g'), at('weight'), at('shadow'), at('mask'), n, rate],
      expected: () => ({
        s: {
          values: Float64Array.from(s, (v, i) => v - rate * g[i]! * (mask[i] ? weight[i]! : shadow[i]!)),
          tolerance: EPS,
        },
        g: { values: g.map((value, i) => (mask[i] ? value : 0)), tolerance: 0 },
      }),
    };
  },
});

const MATRICES = grid({ rows: [1, 3], cols: [1, 3, 4, 5, 8, 17, 33] });

const thresholdMask = kernel('threshold_mask_f32', {
  shapes: [...grid({ rows: [0, 1, 3], cols: [1, 3, 4, 5, 17], odd: [0, 3] })],
  bench: { rows: 300, cols: 784, odd: 0 },
  flops: ({ rows, cols }) => rows * cols,
  setUp({ rows, cols, odd }, random) {
    const w = oddFloats(random, rows * cols, odd);
    const t = random.floats(rows, 0, 1);
    if (rows > 0) w[0] = t[0]!; // on the threshold: pruned
    return {
      inputs: { w, t },
      outputs: { mask: new Uint8Array(rows * cols).fill(7) },
      args: (at) => [at('mask'), at('w'), at('t'), rows, cols],
      expected: () => {
        const values = Array.from(w, (value, i) => (Math.abs(value) > t[Math.floor(i / cols)]! ? 1 : 0));
        return { mask: { values, tolerance: 0 } };
      },
    };
  },
});

/** Derivative of a step, Liu et al. 2020, eq. 4. */
export function stepSlope(q: number): number {
  const size = Math.abs(q);
  return size <= 0.4 ? 2 - 4 * size : size <= 1 ? 0.4 : 0;
}

const thresholdGradient = kernel('threshold_grad_f32', {
  shapes: MATRICES.map((shape) => ({ ...shape, alpha: 0.5 })),
  bench: { rows: 300, cols: 784, alpha: 5e-4 },
  flops: ({ rows, cols }) => 8 * rows * cols,
  setUp({ rows, cols, alpha }, random) {
    const [w, g] = [random.floats(rows * cols, -2, 2), random.floats(rows * cols)];
    const t = random.floats(rows, 0, 1);
    return {
      inputs: { w, t },
      outputs: { g, dt: blank(rows) },
      args: (at) => [at('g'), at('dt'), at('w'), at('t'), rows, cols, alpha],
      expected: () => {
        const q = Array.from(w, (value, i) => Math.abs(value) - t[Math.floor(i / cols)]!);
        const dt = Array.from(t, (value) => -alpha * Math.exp(-value));
        w.forEach((value, i) => {
          dt[Math.floor(i / cols)]! -= g[i]! * value * stepSlope(q[i]!);
        });
        const factor = (i: number) => (q[i]! > 0 ? 1 : 0) + Math.abs(w[i]!) * stepSlope(q[i]!);
        return {
          g: { values: Float64Array.from(g, (value, i) => value * factor(i)), tolerance: 32 * EPS },
          dt: { values: dt, tolerance: 16 * (cols + 2) * EPS },
        };
      },
    };
  },
});

const nmMask = kernel('nm_mask_f32', {
  shapes: grid({ rows: [0, 1, 3], cols: [1, 3, 4, 5, 16, 17], keep: [1, 2], group: [2, 4, 8] }),
  bench: { rows: 300, cols: 784, keep: 2, group: 4 },
  flops: ({ rows, cols, group }) => rows * cols * group,
  setUp({ rows, cols, keep, group }, random) {
    const w = random.floats(rows * cols).map((value) => Math.round(value * 4) / 4); // with ties
    return {
      inputs: { w },
      outputs: { mask: new Uint8Array(rows * cols).fill(7) },
      args: (at) => [at('mask'), at('w'), rows, cols, keep, group],
      expected: () => {
        const values = new Uint8Array(rows * cols);
        for (let row = 0; row < rows; row++) {
          for (let first = 0; first < cols; first += group) {
            const run = Array.from(
              { length: Math.min(group, cols - first) },
              (_, j) => row * cols + first + j,
            );
            run.sort((i, j) => Math.abs(w[j]!) - Math.abs(w[i]!) || i - j);
            for (const i of run.slice(0, keep)) values[i] = 1;
          }
        }
        return { mask: { values, tolerance: 0 } };
      },
    };
  },
});

const decayPruned = kernel('decay_pruned_f32', {
  shapes: grid({ n: LENGTHS, sparsity: [0, 0.5, 1] }),
  bench: { n: 235200, sparsity: 0.5 },
  flops: ({ n }) => 2 * n,
  setUp({ n, sparsity }, random) {
    const [g, w, mask] = [random.floats(n), random.floats(n), random.mask(n, sparsity)];
    return {
      inputs: { w, mask },
      outputs: { g },
      args: (at) => [at('g'), at('w'), at('mask'), n, 0.125],
      expected: () => ({
        g: {
          values: Float64Array.from(g, (value, i) => value + (mask[i] ? 0 : 0.125 * w[i]!)),
          tolerance: EPS,
        },
      }),
    };
  },
});

export const surgeryKernels = [
  splice,
  biased,
  movement,
  thresholdMask,
  thresholdGradient,
  nmMask,
  decayPruned,
];
