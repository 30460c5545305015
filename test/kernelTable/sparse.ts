/** Sparse (CSR) products: the dense twin, over the same weights with their zeros. */
import type { SeededRandom } from '../support/seededRandom.js';
import { toTiles } from '../support/tiles.js';
import { maxAbs, productTolerance } from '../support/tolerance.js';
import { dense } from './denseTwins.js';
import { blank, grid, type KernelRow, kernel } from './row.js';

/** A matrix [rows, cols] as CSR; column indices as byte offsets, `pitch` bytes a column. */
interface Csr {
  readonly values: Float32Array;
  readonly colIdx: Uint32Array;
  readonly rowPtr: Uint32Array;
}

/** Weights of which about `sparsity` are zero; every third row is empty if `holes`. */
function sparseWeights(
  random: SeededRandom,
  rows: number,
  cols: number,
  sparsity: number,
  holes: number,
): Float32Array {
  const w = random.floats(rows * cols);
  const keep = random.mask(rows * cols, sparsity);
  return w.map((value, i) => (keep[i] && !(holes && Math.floor(i / cols) % 3 === 1) ? value : 0));
}

function csrOf(w: Float32Array, rows: number, cols: number, pitch: number): Csr {
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
    values: Float32Array.from(values!),
    colIdx: Uint32Array.from(colIdx!),
    rowPtr: Uint32Array.from(rowPtr!),
  };
}

function spmm(name: 'spmm_csr8_f32' | 'spmm_csr16_f32' | 'spmm_csr32_f32', lanes: 8 | 16 | 32): KernelRow {
  return kernel(name, {
    shapes: [
      ...grid({
        rows: [0, 1, 3, 4, 5, 33],
        cols: [1, 4, 5, 31, 33],
        tiles: [1, 2],
        sparsity: [0, 0.5, 0.9, 1],
        holes: [0, 1],
        bias: [1],
        relu: [0],
      }),
      ...grid({
        rows: [1, 4, 7],
        cols: [0, 1, 2, 3, 9],
        tiles: [0, 1, 3],
        sparsity: [0, 0.5],
        holes: [0],
        bias: [0, 1],
        relu: [0, 1],
      }),
    ],
    bench: { rows: 256, cols: 784, tiles: 128 / lanes, sparsity: 0.9, holes: 0, bias: 1, relu: 1 },
    flops: ({ rows, cols, tiles, sparsity }) => 2 * rows * cols * (1 - sparsity) * tiles * lanes,
    setUp({ rows, cols, tiles, sparsity, holes, bias, relu }, random) {
      const samples = tiles * lanes;
      const low = relu ? 0 : -Infinity;
      const w = sparseWeights(random, rows, cols, sparsity, holes);
      const [b, x] = [random.floats(rows), random.floats(cols * samples)];
      return {
        inputs: {
          ...csrOf(w, rows, cols, lanes * 4),
          b,
          x: Float32Array.from(toTiles(x, cols, samples, lanes)),
        },
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
          tiles,
          low,
        ],
        expected: () => {
          const y = dense(w, bias ? b : null, x, [rows, cols, samples], low);
          const most = Math.max(maxAbs(w) * maxAbs(x), maxAbs(b));
          return {
            y: { values: toTiles(y, rows, samples, lanes), tolerance: productTolerance(most, cols + 1) },
          };
        },
      };
    },
  });
}

const spmv = kernel('spmv_csr_f32', {
  shapes: [
    ...grid({
      rows: [0, 1, 3, 4, 5, 33],
      cols: [0, 1, 2, 3, 4, 5, 7, 8, 9, 31, 65],
      sparsity: [0, 0.5, 0.9, 1],
      holes: [0, 1],
      bias: [0, 1],
      relu: [0, 1],
    }),
  ],
  bench: { rows: 256, cols: 784, sparsity: 0.9, holes: 0, bias: 1, relu: 1 },
  flops: ({ rows, cols, sparsity }) => 2 * rows * cols * (1 - sparsity),
  setUp({ rows, cols, sparsity, holes, bias, relu }, random) {
    const low = relu ? 0 : -Infinity;
    const w = sparseWeights(random, rows, cols, sparsity, holes);
    const [b, x] = [random.floats(rows), random.floats(cols)];
    return {
      inputs: { ...csrOf(w, rows, cols, 4), b, x },
      outputs: { y: blank(rows) },
      args: (at) => [
        at('y'),
        at('values'),
        at('colIdx'),
        at('rowPtr'),
        bias ? at('b') : 0,
        at('x'),
        rows,
        low,
      ],
      expected: () => {
        const most = Math.max(maxAbs(w) * maxAbs(x), maxAbs(b));
        const y = dense(w, bias ? b : null, x, [rows, cols, 1], low);
        return { y: { values: y, tolerance: productTolerance(most, cols + 1) } };
      },
    };
  },
});

const fromDense = kernel('csr_from_dense_f32', {
  shapes: grid({
    rows: [0, 1, 3, 8],
    cols: [0, 1, 5, 33],
    sparsity: [0, 0.5, 0.9, 1],
    holes: [0, 1],
    scale: [4, 64],
  }),
  bench: { rows: 256, cols: 784, sparsity: 0.9, holes: 0, scale: 4 },
  flops: ({ rows, cols }) => rows * cols,
  setUp({ rows, cols, sparsity, holes, scale }, random) {
    const w = sparseWeights(random, rows, cols, sparsity, holes);
    const csr = csrOf(w, rows, cols, scale);
    return {
      inputs: { w },
      outputs: {
        values: blank(csr.values.length),
        colIdx: new Uint32Array(csr.colIdx.length),
        rowPtr: new Uint32Array(rows + 1),
      },
      args: (at) => [at('values'), at('colIdx'), at('rowPtr'), at('w'), rows, cols, scale],
      expected: () => ({
        values: { values: csr.values, tolerance: 0 },
        colIdx: { values: csr.colIdx, tolerance: 0 },
        rowPtr: { values: csr.rowPtr, tolerance: 0 },
      }),
    };
  },
});

export const sparseKernels = [
  fromDense,
  spmm('spmm_csr8_f32', 8),
  spmm('spmm_csr16_f32', 16),
  spmm('spmm_csr32_f32', 32),
  spmv,
];
