/** Kernels of synaptic flow, and windows as samples, against plain loops. */
import type { SeededRandom } from '../support/seededRandom.js';
import { blankDoubles, close, doubles } from './pruningData.js';
import { blank, grid, kernel } from './row.js';

const SIDES = { rows: [0, 1, 2, 5], cols: [0, 1, 2, 3, 8, 13], count: [1, 3], apart: [0, 2] };
const LENET = { rows: 50, cols: 500, count: 64, apart: 0 };

/** Sizes of a weight [rows, cols] at entry i. */
const sizes = (w: Float32Array) => (i: number) => Math.abs(w[i]!);

const forward = kernel('flow_forward_f64', {
  shapes: grid(SIDES),
  bench: LENET,
  flops: ({ rows, cols, count }) => 2 * rows * cols * count,
  setUp({ rows, cols, count, apart }, random) {
    const stride = count + apart;
    const [w, x] = [random.floats(rows * cols), doubles(random, count * cols)];
    const y = doubles(random, rows * stride);
    return {
      inputs: { w, x },
      outputs: { y },
      args: (at) => [at('y'), at('w'), at('x'), rows, cols, count, stride],
      expected: () => ({
        y: close(
          y.map((before, i) => {
            const [row, p] = [Math.floor(i / stride), i % stride];
            if (p >= count) return before;
            let sum = 0;
            for (let j = 0; j < cols; j++) sum += sizes(w)(row * cols + j) * x[p * cols + j]!;
            return sum;
          }),
        ),
      }),
    };
  },
});

const backward = kernel('flow_backward_f64', {
  shapes: grid(SIDES),
  bench: LENET,
  flops: ({ rows, cols, count }) => 2 * rows * cols * count,
  setUp({ rows, cols, count, apart }, random) {
    const stride = count + apart;
    const [w, y] = [random.floats(rows * cols), doubles(random, rows * stride)];
    return {
      inputs: { w, y },
      outputs: { x: blankDoubles(count * cols) },
      args: (at) => [at('x'), at('w'), at('y'), rows, cols, count, stride],
      expected: () => ({
        x: close(
          Float64Array.from({ length: count * cols }, (_, i) => {
            const [p, j] = [Math.floor(i / cols), i % cols];
            let sum = 0;
            for (let row = 0; row < rows; row++) sum += sizes(w)(row * cols + j) * y[row * stride + p]!;
            return sum;
          }),
        ),
      }),
    };
  },
});

const weights = kernel('flow_weights_f64', {
  shapes: grid(SIDES),
  bench: LENET,
  flops: ({ rows, cols, count }) => 2 * rows * cols * count,
  setUp({ rows, cols, count, apart }, random) {
    const stride = count + apart;
    const [y, x, g] = [
      doubles(random, rows * stride),
      doubles(random, count * cols),
      doubles(random, rows * cols),
    ];
    return {
      inputs: { y, x },
      outputs: { g },
      args: (at) => [at('g'), at('y'), at('x'), rows, cols, count, stride, 0.3],
      expected: () => ({
        g: close(
          g.map((before, i) => {
            const [row, j] = [Math.floor(i / cols), i % cols];
            let sum = before;
            for (let p = 0; p < count; p++) sum += 0.3 * y[row * stride + p]! * x[p * cols + j]!;
            return sum;
          }),
        ),
      }),
    };
  },
});

/** Places of `n` values, some of them the same; in bytes of `size`. */
const places = (random: SeededRandom, n: number, size: number) =>
  Uint32Array.from({ length: n }, () => Math.floor(random.uniform() * 20) * size);

const windows = kernel('flow_windows_f64', {
  shapes: grid({ k: [0, 1, 3, 25], count: [0, 1, 7] }),
  bench: { k: 500, count: 64 },
  flops: ({ k, count }) => k * count,
  setUp({ k, count }, random) {
    const [x, offsets, bases] = [doubles(random, 40), places(random, k, 8), places(random, count, 8)];
    return {
      inputs: { x, offsets, bases },
      outputs: { y: blankDoubles(k * count) },
      args: (at) => [at('y'), at('x'), at('offsets'), at('bases'), k, count],
      expected: () => ({
        y: close([...bases].flatMap((base) => [...offsets].map((offset) => x[(base + offset) / 8]!))),
      }),
    };
  },
});

const fold = kernel('flow_fold_f64', {
  shapes: grid({ k: [0, 1, 3, 25], count: [0, 1, 7] }),
  bench: { k: 500, count: 64 },
  flops: ({ k, count }) => k * count,
  setUp({ k, count }, random) {
    const [y, offsets, bases] = [doubles(random, k * count), places(random, k, 8), places(random, count, 8)];
    const x = doubles(random, 40);
    return {
      inputs: { y, offsets, bases },
      outputs: { x },
      args: (at) => [at('x'), at('y'), at('offsets'), at('bases'), k, count],
      expected() {
        const sums = x.slice();
        bases.forEach((base, p) => {
          offsets.forEach((offset, j) => {
            sums[(base + offset) / 8]! += y[p * k + j]!;
          });
        });
        return { x: close(sums) };
      },
    };
  },
});

const unfold = kernel('unfold_f32', {
  shapes: grid({ k: [0, 1, 3, 25], count: [0, 1, 7], keep: [1, 3, 8], step: [8, 32] }),
  bench: { k: 500, count: 64, keep: 8, step: 8 },
  flops: ({ k, count, keep }) => k * count * keep,
  setUp({ k, count, keep, step }, random) {
    const [x, offsets] = [random.floats(60), places(random, k, 4)];
    const starts = places(random, count, 4);
    const bases = new Uint32Array((count * step) / 4);
    starts.forEach((base, p) => {
      bases[(p * step) / 4] = base;
    });
    return {
      inputs: { x, offsets, bases },
      outputs: { y: blank(k * count * keep) },
      args: (at) => [at('y'), at('x'), at('offsets'), at('bases'), step, k, count, keep],
      expected() {
        const values = [...starts].flatMap((base) =>
          [...offsets].flatMap((offset) => [...x.slice((base + offset) / 4, (base + offset) / 4 + keep)]),
        );
        return { y: { values, tolerance: 0 } };
      },
    };
  },
});

export const flowKernels = [forward, backward, weights, windows, fold, unfold];
