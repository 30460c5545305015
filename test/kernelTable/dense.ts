/** Dense products and their gradients. */
import type { SeededRandom } from '../support/seededRandom.js';
import { toTiles } from '../support/tiles.js';
import { maxAbs, productTolerance } from '../support/tolerance.js';
import { dense, denseInputGradient, denseWeightGradient, rowSums } from './denseTwins.js';
import { blank, grid, kernel } from './row.js';

/** x [features, samples] with zeros where `keep` has none: in runs of `run` features, one draw for `width` samples. */
function patchy(
  random: SeededRandom,
  [features, samples]: readonly [number, number],
  [run, width]: readonly [number, number],
  sparsity: number,
): Float32Array {
  const across = Math.ceil(samples / width);
  const keep = random.mask(Math.ceil(features / run) * across, sparsity);
  return random.floats(features * samples).map((value, i) => {
    const patch = Math.floor(Math.floor(i / samples) / run) * across + Math.floor((i % samples) / width);
    return keep[patch] ? value : 0;
  });
}

/** Blocks of five rows as [k][5], the last one made of the last five; fewer rows as [k][rows]. */
export function packRows(w: Float32Array, rows: number, k: number): Float32Array {
  const height = Math.min(rows, 5);
  const blocks: number[] = [];
  for (let i = 0; i < rows; i += 5) {
    const first = Math.min(i, rows - height);
    for (let c = 0; c < k; c++) for (let r = 0; r < height; r++) blocks.push(w[(first + r) * k + c]!);
  }
  return Float32Array.from(blocks);
}

const SIZES = [0, 1, 3, 4, 5, 7, 8, 9, 16, 17, 31, 32, 33];
const EDGES = [0, 1, 2, 3, 4, 5, 7, 8, 9, 17];

const gemm = kernel('gemm_f32', {
  // tiled = 0: panels lie one after the other; 1: side by side, as in one tile of panels * 8 lanes
  shapes: [
    ...grid({ rows: EDGES, k: SIZES, panels: [0, 1, 2, 4], tiled: [0, 1], bias: [1], relu: [0] }),
    ...grid({ rows: [1, 3, 4, 6], k: [0, 1, 2, 5], panels: [1, 3], tiled: [0], bias: [0, 1], relu: [0, 1] }),
  ],
  bench: { rows: 256, k: 784, panels: 4, tiled: 1, bias: 1, relu: 1 },
  flops: ({ rows, k, panels }) => 2 * rows * k * panels * 8,
  setUp({ rows, k, panels, tiled, bias, relu }, random) {
    const samples = panels * 8;
    const lanes = tiled ? samples || 8 : 8;
    const low = relu ? 0 : -Infinity;
    const w = random.floats(rows * k);
    const b = random.floats(rows);
    const x = random.floats(k * samples);
    const pitch = (features: number): readonly [number, number] =>
      tiled ? [samples * 4, 32] : [32, features * 32];
    return {
      inputs: { w, b, x: Float32Array.from(toTiles(x, k, samples, lanes)) },
      outputs: { y: blank(rows * samples) },
      args: (at) => [
        at('y'),
        ...pitch(rows),
        at('w'),
        bias ? at('b') : 0,
        at('x'),
        ...pitch(k),
        rows,
        k,
        panels,
        low,
      ],
      expected: () => {
        const y = dense(w, bias ? b : null, x, [rows, k, samples], low);
        const most = Math.max(maxAbs(w) * maxAbs(x), maxAbs(b));
        return { y: { values: toTiles(y, rows, samples, lanes), tolerance: productTolerance(most, k + 1) } };
      },
    };
  },
});

const packed = kernel('gemm_packed_f32', {
  shapes: [
    ...grid({ rows: EDGES, k: SIZES, tiles: [0, 1, 2], lanes: [4, 8, 16, 32], bias: [1], relu: [0] }),
    ...grid({
      rows: [1, 4, 5, 6],
      k: [0, 1, 2, 5],
      tiles: [1, 3],
      lanes: [4, 8, 16],
      bias: [0],
      relu: [0, 1],
    }),
    { rows: 2101, k: 1000, tiles: 1, lanes: 8, bias: 1, relu: 1 }, // weights that no cache holds
  ],
  bench: { rows: 256, k: 784, tiles: 4, lanes: 8, bias: 1, relu: 1 },
  flops: ({ rows, k, tiles, lanes }) => 2 * rows * k * tiles * lanes,
  setUp({ rows, k, tiles, lanes, bias, relu }, random) {
    const samples = tiles * lanes;
    const low = relu ? 0 : -Infinity;
    const w = random.floats(rows * k);
    const b = bias ? random.floats(rows) : new Float32Array(rows);
    const x = random.floats(k * samples);
    return {
      inputs: { packed: packRows(w, rows, k), b, x: Float32Array.from(toTiles(x, k, samples, lanes)) },
      outputs: { y: blank(rows * samples) },
      args: (at) => [at('y'), at('packed'), at('b'), at('x'), rows, k, lanes, tiles, low],
      expected: () => {
        const y = dense(w, b, x, [rows, k, samples], low);
        const most = Math.max(maxAbs(w) * maxAbs(x), maxAbs(b));
        return { y: { values: toTiles(y, rows, samples, lanes), tolerance: productTolerance(most, k + 1) } };
      },
    };
  },
});

/** Blocks of five rows with an empty place beside each five. */
const packFar = (w: Float32Array, rows: number, k: number): Float32Array => {
  const fives = packRows(w, rows, k);
  return Float32Array.from({ length: (fives.length / 5) * 6 }, (_, i) =>
    i % 6 === 5 ? 0 : fives[Math.floor(i / 6) * 5 + (i % 6)]!,
  );
};

const far = kernel('gemm_far_f32', {
  shapes: [
    ...grid({ rows: [5, 6, 9, 10, 33], k: [...SIZES, 170, 171], tiles: [0, 1, 3], relu: [0, 1] }),
    { rows: 26, k: 40, tiles: 2, relu: 0 }, // reaches several blocks ahead
  ],
  bench: { rows: 2048, k: 2048, tiles: 1, relu: 1 },
  flops: ({ rows, k, tiles }) => 16 * rows * k * tiles,
  setUp({ rows, k, tiles, relu }, random) {
    const low = relu ? 0 : -Infinity;
    const [w, b, x] = [random.floats(rows * k), random.floats(rows), random.floats(k * tiles * 8)];
    const packed = packFar(w, rows, k);
    return {
      inputs: { b, x: Float32Array.from(toTiles(x, k, tiles * 8, 8)) },
      outputs: { packed, y: blank(rows * tiles * 8) },
      args: (at) => [at('y'), at('packed'), at('b'), at('x'), rows, k, tiles, low],
      expected: () => {
        const y = dense(w, b, x, [rows, k, tiles * 8], low);
        const most = Math.max(maxAbs(w) * maxAbs(x), maxAbs(b));
        return {
          packed: { values: packed, tolerance: 0 },
          y: { values: toTiles(y, rows, tiles * 8, 8), tolerance: productTolerance(most, k + 1) },
        };
      },
    };
  },
});

const packsFar = kernel('gemm_pack_far_f32', {
  shapes: grid({ rows: [5, 6, 9, 10, 33], k: SIZES }),
  bench: { rows: 256, k: 784 },
  flops: ({ rows, k }) => rows * k,
  setUp({ rows, k }, random) {
    const w = random.floats(rows * k);
    const expected = packFar(w, rows, k);
    return {
      inputs: { w },
      outputs: { y: blank(expected.length) },
      args: (at) => [at('y'), at('w'), rows, k],
      expected: () => ({ y: { values: expected, tolerance: 0 } }),
    };
  },
});

const pack = kernel('gemm_pack_f32', {
  shapes: grid({ rows: EDGES, k: SIZES }),
  bench: { rows: 256, k: 784 },
  flops: ({ rows, k }) => rows * k,
  setUp({ rows, k }, random) {
    const w = random.floats(rows * k);
    const expected = packRows(w, rows, k);
    return {
      inputs: { w },
      outputs: { y: blank(expected.length) },
      args: (at) => [at('y'), at('w'), rows, k],
      expected: () => ({ y: { values: expected, tolerance: 0 } }),
    };
  },
});

const gemv = kernel('gemv_f32', {
  shapes: grid({ rows: [...EDGES, 31, 33], k: [...SIZES, 63, 65, 128], bias: [0, 1], relu: [0, 1] }),
  bench: { rows: 256, k: 784, bias: 1, relu: 1 },
  flops: ({ rows, k }) => 2 * rows * k,
  setUp({ rows, k, bias, relu }, random) {
    const low = relu ? 0 : -Infinity;
    const [w, b, x] = [random.floats(rows * k), random.floats(rows), random.floats(k)];
    return {
      inputs: { w, b, x },
      outputs: { y: blank(rows) },
      args: (at) => [at('y'), at('w'), bias ? at('b') : 0, at('x'), rows, k, low],
      expected: () => {
        const most = Math.max(maxAbs(w) * maxAbs(x), maxAbs(b));
        const y = dense(w, bias ? b : null, x, [rows, k, 1], low);
        return { y: { values: y, tolerance: productTolerance(most, k + 1) } };
      },
    };
  },
});

const gemmSkip = kernel('gemm_skip_f32', {
  shapes: grid({
    rows: [...EDGES, 6, 11],
    k: SIZES,
    panels: [0, 1, 3],
    sparsity: [0, 0.5, 0.9, 1],
    bias: [0, 1],
  }),
  bench: { rows: 256, k: 784, panels: 8, sparsity: 0.8, bias: 1 },
  flops: ({ rows, k, panels, sparsity }) => 2 * rows * k * (1 - sparsity) * panels * 8,
  setUp({ rows, k, panels, sparsity, bias }, random) {
    const samples = panels * 8;
    const [w, b] = [random.floats(rows * k), random.floats(rows)];
    const x = patchy(random, [k, samples], [1, 8], sparsity);
    return {
      inputs: { w, b, x: Float32Array.from(toTiles(x, k, samples, 8)) },
      outputs: { y: blank(rows * samples), scratch: blank(panels + k * 5 + 8) },
      args: (at) => [at('y'), at('w'), bias ? at('b') : 0, at('x'), rows, k, panels, at('scratch')],
      expected: () => {
        const y = dense(w, bias ? b : null, x, [rows, k, samples]);
        const most = Math.max(maxAbs(w) * maxAbs(x), maxAbs(b));
        return { y: { values: toTiles(y, rows, samples, 8), tolerance: productTolerance(most, k + 1) } };
      },
    };
  },
});

const gemmTn = kernel('gemm_tn_f32', {
  shapes: grid({ rows: SIZES, cols: [...EDGES, 15, 16, 23, 24, 25, 33], panels: [0, 1, 2, 3, 5] }),
  bench: { rows: 256, cols: 784, panels: 8 },
  flops: ({ rows, cols, panels }) => 2 * rows * cols * panels * 8,
  setUp({ rows, cols, panels }, random) {
    const samples = panels * 8;
    const [w, dy] = [random.floats(rows * cols), random.floats(rows * samples)];
    return {
      inputs: { w, dy: Float32Array.from(toTiles(dy, rows, samples, 8)) },
      outputs: {
        dx: blank(cols * samples),
        scratch: blank(rows * (samples + 20) + samples * 8 + 8),
      },
      args: (at) => [at('dx'), at('w'), at('dy'), rows, cols, panels, at('scratch')],
      expected: () => {
        const dx = denseInputGradient(w, dy, [rows, cols, samples]);
        const tolerance = productTolerance(maxAbs(w) * maxAbs(dy), rows);
        return { dx: { values: toTiles(dx, cols, samples, 8), tolerance } };
      },
    };
  },
});

const gemmNt = kernel('gemm_nt_f32', {
  shapes: grid({ rows: [...EDGES, 6, 11], cols: SIZES, panels: [0, 1, 2, 5], sparsity: [0, 0.5, 0.9, 1] }),
  bench: { rows: 256, cols: 784, panels: 8, sparsity: 0 },
  flops: ({ rows, cols, panels }) => 2 * rows * cols * panels * 8,
  setUp({ rows, cols, panels, sparsity }, random) {
    const samples = panels * 8;
    const dy = random.floats(rows * samples);
    const x = patchy(random, [cols, samples], [8, 1], sparsity);
    return {
      inputs: {
        dy: Float32Array.from(toTiles(dy, rows, samples, 8)),
        x: Float32Array.from(toTiles(x, cols, samples, 8)),
      },
      outputs: {
        dw: blank(rows * cols),
        scratch: blank(Math.ceil(cols / 8) * (samples * 9 + 1) + samples * 5 + 16),
      },
      args: (at) => [at('dw'), at('dy'), at('x'), rows, cols, panels, at('scratch')],
      expected: () => {
        const tolerance = productTolerance(maxAbs(dy) * maxAbs(x), samples);
        return { dw: { values: denseWeightGradient(dy, x, [rows, cols, samples]), tolerance } };
      },
    };
  },
});

const sums = kernel('row_sums_f32', {
  shapes: grid({ rows: EDGES, lanes: [8, 16, 32], tiles: [0, 1, 2, 3, 9] }),
  bench: { rows: 256, lanes: 8, tiles: 8 },
  flops: ({ rows, lanes, tiles }) => rows * tiles * lanes,
  setUp({ rows, lanes, tiles }, random) {
    const samples = tiles * lanes;
    const x = random.floats(rows * samples);
    return {
      inputs: { x: Float32Array.from(toTiles(x, rows, samples, lanes)) },
      outputs: { y: blank(rows) },
      args: (at) => [at('y'), at('x'), rows, lanes, tiles],
      expected: () => ({
        y: { values: rowSums(x, rows, samples), tolerance: productTolerance(maxAbs(x), samples) },
      }),
    };
  },
});

export const denseKernels = [gemm, pack, packed, packsFar, far, gemv, gemmSkip, gemmTn, gemmNt, sums];
