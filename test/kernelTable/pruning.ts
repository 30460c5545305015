/** Float64 kernels of data-driven pruning, against plain loops. */

import { blankDoubles, close, doubles, positiveDefinite, tilesOf } from './pruningData.js';
import { blank, grid, kernel, LENGTHS } from './row.js';

const scaled = kernel('add_scaled_f64', {
  shapes: grid({ n: LENGTHS }),
  bench: { n: 235200 },
  flops: ({ n }) => 2 * n,
  setUp({ n }, random) {
    const [y, x] = [doubles(random, n), random.floats(n)];
    return {
      inputs: { x },
      outputs: { y },
      args: (at) => [at('y'), at('x'), n, 0.3],
      expected: () => ({ y: close(y.map((value, i) => value + x[i]! * 0.3)) }),
    };
  },
});

const squaredProducts = kernel('add_squared_products_f64', {
  shapes: grid({ n: LENGTHS }),
  bench: { n: 235200 },
  flops: ({ n }) => 3 * n,
  setUp({ n }, random) {
    const [y, a, b] = [doubles(random, n), random.floats(n), random.floats(n)];
    return {
      inputs: { a, b },
      outputs: { y },
      args: (at) => [at('y'), at('a'), at('b'), n],
      expected: () => ({ y: close(y.map((value, i) => value + (a[i]! * b[i]!) ** 2)) }),
    };
  },
});

const SIDES = { rows: [0, 1, 2, 5], cols: [0, 1, 2, 3, 8, 13] };

const unitProducts = kernel('add_unit_products_f64', {
  shapes: grid({ ...SIDES, bias: [0, 1] }),
  bench: { rows: 300, cols: 784, bias: 1 },
  flops: ({ rows, cols }) => 2 * rows * cols,
  setUp({ rows, cols, bias }, random) {
    const y = doubles(random, rows);
    const [g, w] = [random.floats(rows * cols), random.floats(rows * cols)];
    const [gb, b] = [random.floats(rows), random.floats(rows)];
    return {
      inputs: { g, w, gb, b },
      outputs: { y },
      args: (at) => [at('y'), at('g'), at('w'), bias ? at('gb') : 0, bias ? at('b') : 0, rows, cols],
      expected: () => ({
        y: close(
          y.map((value, row) => {
            let sum = bias ? gb[row]! * b[row]! : 0;
            for (let j = row * cols; j < (row + 1) * cols; j++) sum += g[j]! * w[j]!;
            return value + sum * sum;
          }),
        ),
      }),
    };
  },
});

const perturb = kernel('perturb_f32', {
  shapes: grid({ n: LENGTHS }),
  bench: { n: 235200 },
  flops: ({ n }) => 2 * n,
  setUp({ n }, random) {
    const [w, g] = [random.floats(n), doubles(random, n)];
    return {
      inputs: { w, g },
      outputs: { y: blank(n) },
      args: (at) => [at('y'), at('w'), at('g'), n, 0.01],
      expected: () => ({ y: { values: w.map((value, i) => value + 0.01 * g[i]!), tolerance: 0 } }),
    };
  },
});

const sumSquares = kernel('sum_squares_f32', {
  shapes: grid({ n: LENGTHS }),
  bench: { n: 235200 },
  flops: ({ n }) => 2 * n,
  setUp({ n }, random) {
    const x = random.floats(n);
    return {
      inputs: { x },
      outputs: {},
      args: (at) => [at('x'), n],
      expected: () => ({ result: close([x.reduce((sum, value) => sum + value * value, 0)]) }),
    };
  },
});

const roundScaled = kernel('round_scaled_f32', {
  shapes: grid({ n: LENGTHS }),
  bench: { n: 235200 },
  flops: ({ n }) => n,
  setUp({ n }, random) {
    const x = doubles(random, n);
    return {
      inputs: { x },
      outputs: { y: blank(n) },
      args: (at) => [at('y'), at('x'), n, 0.7],
      expected: () => ({ y: { values: x.map((value) => value * 0.7), tolerance: 0 } }),
    };
  },
});

const scale = kernel('scale_f32', {
  shapes: grid({ n: LENGTHS }),
  bench: { n: 235200 },
  flops: ({ n }) => n,
  setUp({ n }, random) {
    const x = random.floats(n);
    return {
      inputs: { x },
      outputs: { y: blank(n) },
      args: (at) => [at('y'), at('x'), n, 0.125],
      expected: () => ({ y: { values: x.map((value) => value / 8), tolerance: 0 } }),
    };
  },
});

const TILES = { features: [0, 1, 3, 4, 9], lanes: [8, 16, 32], samples: [0, 1, 8, 33] };

const squareSums = kernel('add_square_sums_f64', {
  shapes: grid(TILES),
  bench: { features: 784, lanes: 8, samples: 64 },
  flops: ({ features, samples }) => 2 * features * samples,
  setUp({ features, lanes, samples }, random) {
    const y = doubles(random, features);
    const { x, at: value } = tilesOf(random, features, lanes, samples);
    return {
      inputs: { x },
      outputs: { y },
      args: (at) => [at('y'), at('x'), features, lanes, samples],
      expected: () => ({
        y: close(
          y.map((sum, f) => {
            for (let s = 0; s < samples; s++) sum += value(f, s) ** 2;
            return sum;
          }),
        ),
      }),
    };
  },
});

const activity = kernel('add_activity_f64', {
  shapes: grid(TILES),
  bench: { features: 300, lanes: 8, samples: 64 },
  flops: ({ features, samples }) => features * samples,
  setUp({ features, lanes, samples }, random) {
    const [nonzeros, sums] = [doubles(random, features), doubles(random, features)];
    const { x, at: value } = tilesOf(random, features, lanes, samples);
    const over = (start: number, f: number, of: (x: number) => number) => {
      let sum = start;
      for (let s = 0; s < samples; s++) sum += of(value(f, s));
      return sum;
    };
    return {
      inputs: { x },
      outputs: { nonzeros, sums },
      args: (at) => [at('nonzeros'), at('sums'), at('x'), features, lanes, samples],
      expected: () => ({
        nonzeros: close(nonzeros.map((start, f) => over(start, f, (one) => (one === 0 ? 0 : 1)))),
        sums: close(sums.map((start, f) => over(start, f, (one) => one))),
      }),
    };
  },
});

const padded = (size: number) => Math.ceil(size / 4) * 4;

const gramPack = kernel('gram_pack_f64', {
  shapes: grid({ ...TILES, constant: [0, 1] }),
  bench: { features: 784, lanes: 8, samples: 64, constant: 1 },
  flops: ({ features, samples }) => features * samples,
  setUp({ features, lanes, samples, constant }, random) {
    const side = padded(features + constant);
    const { x, at: value } = tilesOf(random, features, lanes, samples);
    return {
      inputs: { x },
      outputs: { panels: blankDoubles(side * samples) },
      args: (at) => [at('panels'), at('x'), features, lanes, samples, constant],
      expected: () => {
        const panels = new Float64Array(side * samples);
        for (let f = 0; f < features + constant; f++) {
          for (let s = 0; s < samples; s++) {
            panels[(Math.floor(f / 4) * samples + s) * 4 + (f % 4)] = f < features ? value(f, s) : 1;
          }
        }
        return { panels: close(panels) };
      },
    };
  },
});

const gramAdd = kernel('gram_add_f64', {
  shapes: grid({ size: [0, 1, 4, 5, 11], samples: [0, 1, 3, 20] }),
  bench: { size: 785, samples: 64 },
  flops: ({ size, samples }) => size * size * samples,
  setUp({ size, samples }, random) {
    const side = padded(size);
    const panels = doubles(random, side * samples).map((value) => (value > 0.3 ? value : 0));
    const g = doubles(random, side * side);
    const x = (f: number, s: number) => panels[(Math.floor(f / 4) * samples + s) * 4 + (f % 4)]!;
    return {
      inputs: { panels },
      outputs: { g, list: new Uint32Array(samples) },
      args: (at) => [at('g'), at('panels'), size, samples, at('list')],
      expected: () => ({
        g: close(
          g.map((value, at) => {
            const [i, j] = [Math.floor(at / side), at % side];
            if (Math.floor(j / 4) > Math.floor(i / 4)) return value;
            for (let s = 0; s < samples; s++) value += x(i, s) * x(j, s);
            return value;
          }),
        ),
      }),
    };
  },
});

const gramFinish = kernel('gram_finish_f64', {
  shapes: grid({ size: [0, 1, 4, 5, 11] }),
  bench: { size: 785 },
  flops: ({ size }) => size * size,
  setUp({ size }, random) {
    const side = padded(size);
    const g = doubles(random, side * side);
    return {
      inputs: { g },
      outputs: { out: blankDoubles(size * size) },
      args: (at) => [at('out'), at('g'), size, 0.25],
      expected: () => ({
        out: close(
          Float64Array.from({ length: size * size }, (_, at) => {
            const [i, j] = [Math.floor(at / size), at % size];
            return 0.25 * g[Math.max(i, j) * side + Math.min(i, j)]!;
          }),
        ),
      }),
    };
  },
});

const rowDistances = kernel('add_row_distances_f64', {
  shapes: grid({ rows: [1, 2, 5], cols: [0, 1, 2, 3, 8, 13], row: [0, 1] }).filter(
    ({ rows, row }) => row < rows,
  ),
  bench: { rows: 300, cols: 784, row: 0 },
  flops: ({ rows, cols }) => 3 * rows * cols,
  setUp({ rows, cols, row }, random) {
    const [y, w] = [doubles(random, rows), random.floats(rows * cols)];
    return {
      inputs: { w },
      outputs: { y },
      args: (at) => [at('y'), at('w'), row, rows, cols],
      expected: () => {
        const sums = y.slice();
        for (let other = row + 1; other < rows; other++) {
          let squares = 0;
          for (let j = 0; j < cols; j++) squares += (w[row * cols + j]! - w[other * cols + j]!) ** 2;
          sums[row]! += Math.sqrt(squares);
          sums[other]! += Math.sqrt(squares);
        }
        return { y: close(sums) };
      },
    };
  },
});

const gatherLower = kernel('gather_lower_f64', {
  shapes: grid({ size: [5, 9], n: [0, 1, 2, 5] }),
  bench: { size: 785, n: 700 },
  flops: ({ n }) => (n * n) / 2,
  setUp({ size, n }, random) {
    const g = positiveDefinite(random, size);
    const list = Uint32Array.from({ length: n }, (_, i) => (i * 3) % size);
    const a = doubles(random, n * n);
    return {
      inputs: { g, list },
      outputs: { a },
      args: (at) => [at('a'), at('g'), size, at('list'), n, 0.5],
      expected: () => ({
        a: close(
          a.map((value, at) => {
            const [i, j] = [Math.floor(at / n), at % n];
            return j > i ? value : g[list[i]! * size + list[j]!]! + (i === j ? 0.5 : 0);
          }),
        ),
      }),
    };
  },
});

const gatherProduct = kernel('gather_product_f64', {
  shapes: grid({ size: [7], n: [0, 1, 3], m: [0, 1, 4] }),
  bench: { size: 785, n: 100, m: 600 },
  flops: ({ n, m }) => 2 * n * m,
  setUp({ size, n, m }, random) {
    const g = positiveDefinite(random, size);
    const list = Uint32Array.from({ length: n }, (_, i) => i % size);
    const others = Uint32Array.from({ length: m }, (_, i) => (size - 1 - i + size * m) % size);
    const w = doubles(random, m);
    return {
      inputs: { g, list, others, w },
      outputs: { y: blankDoubles(n) },
      args: (at) => [at('y'), at('g'), size, at('list'), n, at('others'), at('w'), m],
      expected: () => ({
        y: close(
          Float64Array.from(list, (i) =>
            w.reduce((sum, value, k) => sum + g[i * size + others[k]!]! * value, 0),
          ),
        ),
      }),
    };
  },
});

export const pruningKernels = [
  scaled,
  squaredProducts,
  unitProducts,
  perturb,
  sumSquares,
  roundScaled,
  scale,
  squareSums,
  activity,
  gramPack,
  gramAdd,
  gramFinish,
  rowDistances,
  gatherLower,
  gatherProduct,
];
