/** Products of weights that are trained in sparse storage: the dense twins, over the same weights with their zeros. */
import type { SeededRandom } from '../support/seededRandom.js';
import { toTiles } from '../support/tiles.js';
import { maxAbs, productTolerance } from '../support/tolerance.js';
import { dense, denseInputGradient, denseWeightGradient } from './denseTwins.js';
import { blank, grid, type KernelRow, kernel } from './row.js';

/** Blocks of `height` rows by one column: 1 is CSR. */
type Height = 1 | 2 | 4;

/** A weight in sparse storage, and the same as a dense matrix. */
export interface Stored {
  readonly w: Float32Array;
  readonly values: Float32Array;
  readonly colIdx: Uint32Array;
  readonly rowPtr: Uint32Array;
  /** Where each value stands in the dense matrix; -1 below its last row. */
  readonly places: Int32Array;
}

/** A weight [rows, cols] with about `sparsity` of its blocks left out; every third group is empty if `holes`. */
export function storedWeights(
  random: SeededRandom,
  [rows, cols]: readonly [number, number],
  height: number,
  { sparsity, holes }: { readonly sparsity: number; readonly holes: number },
): Stored {
  const groups = Math.ceil(rows / height);
  const keep = random.mask(groups * cols, sparsity);
  const w = new Float32Array(rows * cols);
  const [colIdx, places]: number[][] = [[], []];
  const rowPtr = [0];
  for (let g = 0; g < groups; g++) {
    for (let c = 0; c < cols; c++) {
      if (!keep[g * cols + c] || (holes && g % 3 === 1)) continue;
      colIdx!.push(c);
      for (let r = g * height; r < (g + 1) * height; r++) {
        if (r < rows) w[r * cols + c] = random.floats(1)[0]!;
        places!.push(r < rows ? r * cols + c : -1);
      }
    }
    rowPtr.push(colIdx!.length);
  }
  return {
    w,
    values: Float32Array.from(places!, (place) => (place < 0 ? 0 : w[place]!)),
    colIdx: Uint32Array.from(colIdx!),
    rowPtr: Uint32Array.from(rowPtr),
    places: Int32Array.from(places!),
  };
}

const SHAPES = [
  ...grid({
    rows: [0, 1, 2, 3, 4, 5, 9, 33],
    cols: [1, 5, 33],
    lanes: [8, 16, 32],
    tiles: [1, 2],
    sparsity: [0, 0.5, 0.9, 1],
    holes: [0, 1],
  }),
  ...grid({
    rows: [1, 6, 7, 8],
    cols: [0, 1, 2, 3, 4, 6, 7],
    lanes: [8, 16, 32],
    tiles: [0, 1, 3],
    sparsity: [0, 0.5],
    holes: [0],
  }),
];
const BENCH = { rows: 256, cols: 784, lanes: 32, tiles: 2, sparsity: 0.9, holes: 0 };

const flops = ({ rows, cols, sparsity, tiles, lanes }: typeof BENCH): number =>
  2 * rows * cols * (1 - sparsity) * tiles * lanes;

const tiled = (x: ArrayLike<number>, features: number, samples: number, lanes: number): Float32Array =>
  Float32Array.from(toTiles(x, features, samples, lanes));

type Forward = 'spmm_nn_csr_f32' | 'spmm_nn_block2_f32' | 'spmm_nn_block4_f32';

function forward(name: Forward, height: Height): KernelRow {
  return kernel(name, {
    shapes: SHAPES.flatMap((shape) => [0, 1].map((bias) => ({ ...shape, bias }))),
    bench: { ...BENCH, bias: 1 },
    flops: (shape) => flops(shape),
    setUp({ rows, cols, lanes, tiles, bias, ...zeros }, random) {
      const samples = lanes * tiles;
      const { w, values, colIdx, rowPtr } = storedWeights(random, [rows, cols], height, zeros);
      const [b, x] = [random.floats(rows), random.floats(cols * samples)];
      return {
        inputs: { values, colIdx, rowPtr, b, x: tiled(x, cols, samples, lanes) },
        outputs: { y: blank(rows * samples) },
        args: (at) => [
          at('y'),
          at('values'),
          at('colIdx'),
          at('rowPtr'),
          bias ? at('b') : 0,
          at('x'),
          rows,
          cols,
          lanes,
          tiles,
        ],
        expected: () => {
          const y = dense(w, bias ? b : null, x, [rows, cols, samples]);
          const tolerance = productTolerance(Math.max(maxAbs(w) * maxAbs(x), maxAbs(b)), cols + 1);
          return { y: { values: toTiles(y, rows, samples, lanes), tolerance } };
        },
      };
    },
  });
}

type InputGradient = 'spmm_tn_csr_f32' | 'spmm_tn_block2_f32' | 'spmm_tn_block4_f32';

function inputGradient(name: InputGradient, height: Height): KernelRow {
  return kernel(name, {
    shapes: SHAPES,
    bench: BENCH,
    flops,
    setUp({ rows, cols, lanes, tiles, ...zeros }, random) {
      const samples = lanes * tiles;
      const { w, values, colIdx, rowPtr } = storedWeights(random, [rows, cols], height, zeros);
      const dy = random.floats(rows * samples);
      return {
        inputs: { values, colIdx, rowPtr, dy: tiled(dy, rows, samples, lanes) },
        outputs: { dx: blank(cols * samples) },
        args: (at) => [
          at('dx'),
          at('values'),
          at('colIdx'),
          at('rowPtr'),
          at('dy'),
          rows,
          cols,
          lanes,
          tiles,
        ],
        expected: () => {
          const dx = denseInputGradient(w, dy, [rows, cols, samples]);
          const tolerance = productTolerance(maxAbs(w) * maxAbs(dy), rows);
          return { dx: { values: toTiles(dx, cols, samples, lanes), tolerance } };
        },
      };
    },
  });
}

type WeightGradient = 'sddmm_csr_f32' | 'sddmm_block2_f32' | 'sddmm_block4_f32';

function weightGradient(name: WeightGradient, height: Height): KernelRow {
  return kernel(name, {
    shapes: SHAPES,
    bench: BENCH,
    flops,
    setUp({ rows, cols, lanes, tiles, ...zeros }, random) {
      const samples = lanes * tiles;
      const { colIdx, rowPtr, places } = storedWeights(random, [rows, cols], height, zeros);
      const [dy, x] = [random.floats(rows * samples), random.floats(cols * samples)];
      return {
        inputs: {
          colIdx,
          rowPtr,
          dy: tiled(dy, rows, samples, lanes),
          x: tiled(x, cols, samples, lanes),
        },
        outputs: { dw: blank(places.length) },
        args: (at) => [at('dw'), at('colIdx'), at('rowPtr'), at('dy'), at('x'), rows, cols, lanes, tiles],
        expected: () => {
          const dw = denseWeightGradient(dy, x, [rows, cols, samples]);
          const bound = productTolerance(maxAbs(dy) * maxAbs(x), samples);
          return {
            dw: {
              values: Float64Array.from(places, (place) => (place < 0 ? 0 : dw[place]!)),
              tolerance: (_, i) => (places[i]! < 0 ? 0 : bound), // below the last row: 0, and not nearly 0
            },
          };
        },
      };
    },
  });
}

export const sparseTrainingKernels = [
  forward('spmm_nn_csr_f32', 1),
  forward('spmm_nn_block2_f32', 2),
  forward('spmm_nn_block4_f32', 4),
  inputGradient('spmm_tn_csr_f32', 1),
  inputGradient('spmm_tn_block2_f32', 2),
  inputGradient('spmm_tn_block4_f32', 4),
  weightGradient('sddmm_csr_f32', 1),
  weightGradient('sddmm_block2_f32', 2),
  weightGradient('sddmm_block4_f32', 4),
];
