/** Sparse products: the dense twin, over the same weights with their zeros. */
import type { SeededRandom } from '../support/seededRandom.js';
import { toTiles } from '../support/tiles.js';
import { maxAbs, productTolerance } from '../support/tolerance.js';
import { type Csr, csrOf } from './csrTwins.js';
import { dense } from './denseTwins.js';
import { blank, grid, type KernelRow, kernel } from './row.js';

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

/** What every sparse product over tiles is tested with. */
const TILE_SHAPES = [
  ...grid({
    rows: [0, 1, 2, 3, 4, 5, 9, 33],
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
];

type TileShape = (typeof TILE_SHAPES)[number];

/** The part of a row that all sparse products over tiles share: operands, their twin, its tolerance. */
function tileProduct(
  { rows, cols, tiles, bias, relu }: TileShape,
  lanes: number,
  w: Float32Array,
  random: SeededRandom,
) {
  const samples = tiles * lanes;
  const low = relu ? 0 : -Infinity;
  const b = bias ? random.floats(rows) : new Float32Array(rows);
  const x = random.floats(cols * samples);
  return {
    low,
    inputs: { b, x: Float32Array.from(toTiles(x, cols, samples, lanes)) },
    outputs: { y: blank(rows * samples) },
    expected: () => {
      const y = dense(w, b, x, [rows, cols, samples], low);
      const most = Math.max(maxAbs(w) * maxAbs(x), maxAbs(b));
      return { y: { values: toTiles(y, rows, samples, lanes), tolerance: productTolerance(most, cols + 1) } };
    },
  };
}

/** Bit patterns of floats, to lie beside offsets in one array. */
const bits = (values: ArrayLike<number>) => [...new Uint32Array(Float32Array.from(values).buffer)];

/** Entries (offset, value) of a CSR matrix, panel by panel, with their ends in bytes. */
function panelsOf({ values, colIdx, rowPtr }: Csr, cols: number, pitch: number, panels: number) {
  const rows = rowPtr.length - 1;
  const width = Math.ceil(cols / panels) * pitch;
  const entries: number[] = [];
  const ends: number[] = [];
  for (let p = 0; p < panels; p++) {
    for (let r = 0; r < rows; r++) {
      for (let i = rowPtr[r]!; i < rowPtr[r + 1]!; i++) {
        if (Math.floor(colIdx[i]! / Math.max(1, width)) === p)
          entries.push(colIdx[i]!, ...bits([values[i]!]));
      }
      ends.push(entries.length * 4);
    }
  }
  return { entries: Uint32Array.from(entries), ends: Uint32Array.from(ends) };
}

function spmm(name: 'spmm_csr16_f32' | 'spmm_csr32_f32', lanes: 16 | 32): KernelRow {
  return kernel(name, {
    shapes: TILE_SHAPES.flatMap((shape) => [1, 3].map((panels) => ({ ...shape, panels }))),
    bench: { rows: 256, cols: 784, tiles: 128 / lanes, sparsity: 0.9, holes: 0, bias: 1, relu: 1, panels: 1 },
    flops: ({ rows, cols, tiles, sparsity }) => 2 * rows * cols * (1 - sparsity) * tiles * lanes,
    setUp(shape, random) {
      const { rows, cols, tiles, sparsity, holes, panels } = shape;
      const w = sparseWeights(random, rows, cols, sparsity, holes);
      const { low, inputs, ...rest } = tileProduct(shape, lanes, w, random);
      return {
        ...rest,
        inputs: { ...panelsOf(csrOf(w, rows, cols, lanes * 4), cols, lanes * 4, panels), ...inputs },
        args: (at) => [at('y'), at('entries'), at('ends'), at('b'), at('x'), rows, cols, panels, tiles, low],
      };
    },
  });
}

/** Rows in groups, longest first, as the narrow kernels read them. */
function groupsOf({ values, colIdx, rowPtr }: Csr, size: number) {
  const rows = Array.from({ length: rowPtr.length - 1 }, (_, r) => {
    const [from, to] = [rowPtr[r]!, rowPtr[r + 1]!];
    return { r, list: Array.from({ length: to - from }, (_, i) => [colIdx[from + i]!, values[from + i]!]) };
  });
  rows.sort((a, b) => b.list.length - a.list.length);
  const entries: number[] = [];
  const list: number[] = [];
  const put = ([offset, value]: number[]) => entries.push(offset!, ...bits([value!]));
  for (let first = 0; first < rows.length; first += size) {
    const group = rows.slice(first, first + size);
    while (group.length < size) group.push({ r: group[0]!.r, list: [] });
    const common = Math.min(...group.map((row) => row.list.length));
    for (let j = 0; j < common; j++) for (const row of group) put(row.list[j]!);
    for (const row of group) row.list.slice(common).forEach(put);
    list.push(...group.map(({ r }) => r), common * size * 8);
    list.push(...group.map((row) => (row.list.length - common) * 8));
  }
  return { entries: Uint32Array.from(entries), list: Uint32Array.from(list) };
}

function groups(name: 'spmm_groups4_f32' | 'spmm_groups8_f32', lanes: 4 | 8, size: number): KernelRow {
  return kernel(name, {
    shapes: TILE_SHAPES,
    bench: { rows: 256, cols: 784, tiles: 128 / lanes, sparsity: 0.9, holes: 0, bias: 1, relu: 1 },
    flops: ({ rows, cols, tiles, sparsity }) => 2 * rows * cols * (1 - sparsity) * tiles * lanes,
    setUp(shape, random) {
      const { rows, cols, tiles, sparsity, holes } = shape;
      const w = sparseWeights(random, rows, cols, sparsity, holes);
      const { low, inputs, ...rest } = tileProduct(shape, lanes, w, random);
      const count = Math.ceil(rows / size);
      return {
        ...rest,
        inputs: { ...groupsOf(csrOf(w, rows, cols, lanes * 4), size), ...inputs },
        args: (at) => [at('y'), at('entries'), at('list'), at('b'), at('x'), rows, cols, count, tiles, low],
      };
    },
  });
}

/** Blocks of `height` rows by one column that hold anything. */
function blocksOf(w: Float32Array, rows: number, cols: number, height: number, pitch: number) {
  const blocks: number[] = [];
  const ends: number[] = [];
  for (let first = 0; first < rows; first += height) {
    for (let c = 0; c < cols; c++) {
      const values = Array.from({ length: height }, (_, j) =>
        first + j < rows ? w[(first + j) * cols + c]! : 0,
      );
      if (values.some((value) => value !== 0)) blocks.push(c * pitch, ...bits(values));
    }
    ends.push(blocks.length * 4);
  }
  return { blocks: Uint32Array.from(blocks), ends: Uint32Array.from(ends) };
}

/** Weights in blocks: every third block row is empty if `holes`. */
function blockWeights(random: SeededRandom, shape: TileShape, height: number): Float32Array {
  const { rows, cols, sparsity, holes } = shape;
  const keep = random.mask(Math.ceil(rows / height) * cols, sparsity);
  return random.floats(rows * cols).map((value, i) => {
    const group = Math.floor(Math.floor(i / cols) / height);
    return keep[group * cols + (i % cols)] && !(holes && group % 3 === 1) ? value : 0;
  });
}

function blocked(name: 'spmm_block2_f32' | 'spmm_block4_f32', height: 2 | 4, widths: number[]): KernelRow {
  return kernel(name, {
    shapes: TILE_SHAPES.flatMap((shape) => widths.map((lanes) => ({ ...shape, lanes }))),
    bench: { rows: 256, cols: 784, tiles: 4, sparsity: 0.9, holes: 0, bias: 1, relu: 1, lanes: 32 },
    flops: ({ rows, cols, tiles, sparsity, lanes }) => 2 * rows * cols * (1 - sparsity) * tiles * lanes,
    setUp(shape, random) {
      const { rows, cols, tiles, lanes } = shape;
      const w = blockWeights(random, shape, height);
      const { low, inputs, ...rest } = tileProduct(shape, lanes, w, random);
      return {
        ...rest,
        inputs: { ...blocksOf(w, rows, cols, height, lanes * 4), ...inputs },
        args: (at) => [at('y'), at('blocks'), at('ends'), at('b'), at('x'), rows, cols, lanes, tiles, low],
      };
    },
  });
}

const nm = kernel('spmm_nm_f32', {
  shapes: grid({
    rows: [0, 1, 3, 8],
    groups: [0, 2, 6, 10],
    m: [4, 8],
    n: [1, 2],
    panels: [1, 2],
    lanes: [16, 32],
    tiles: [0, 1, 2],
    relu: [0, 1],
  }),
  bench: { rows: 256, groups: 196, m: 4, n: 2, panels: 4, lanes: 32, tiles: 4, relu: 1 },
  flops: ({ rows, groups: count, n, tiles, lanes }) => 2 * rows * count * n * tiles * lanes,
  setUp({ rows, groups: count, m, n, panels, lanes, tiles, relu }, random) {
    const cols = count * m;
    const w = new Float32Array(rows * cols);
    const entries = new Uint32Array(rows * count * n * 2);
    const perPanel = (count * n) / panels;
    for (let r = 0; r < rows; r++) {
      for (let slot = 0; slot < count * n; slot++) {
        const col = Math.floor(slot / n) * m + (slot % n) * (m / 2) + (r % 2);
        const value = random.floats(1)[0]!;
        w[r * cols + col] = value;
        const p = Math.floor(slot / perPanel);
        const at = 2 * ((p * rows + r) * perPanel + (slot - p * perPanel));
        entries[at] = col * lanes * 4;
        entries[at + 1] = bits([value])[0]!;
      }
    }
    const shape = { rows, cols, tiles, sparsity: 0, holes: 0, bias: 1, relu };
    const { low, inputs, ...rest } = tileProduct(shape, lanes, w, random);
    const perRow = count * n;
    return {
      ...rest,
      inputs: { entries, ...inputs },
      args: (at) => [at('y'), at('entries'), at('b'), at('x'), rows, cols, perRow, panels, lanes, tiles, low],
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
    before: [0, 7],
  }),
  bench: { rows: 256, cols: 784, sparsity: 0.9, holes: 0, scale: 4, before: 0 },
  flops: ({ rows, cols }) => rows * cols,
  setUp({ rows, cols, sparsity, holes, scale, before }, random) {
    const w = sparseWeights(random, rows, cols, sparsity, holes);
    const csr = csrOf(w, rows, cols, scale);
    return {
      inputs: { w },
      outputs: {
        values: blank(csr.values.length),
        colIdx: new Uint32Array(csr.colIdx.length),
        rowPtr: new Uint32Array(rows + 1),
      },
      args: (at) => [at('values'), at('colIdx'), at('rowPtr'), at('w'), rows, cols, scale, before],
      expected: () => ({
        values: { values: csr.values, tolerance: 0 },
        colIdx: { values: csr.colIdx, tolerance: 0 },
        rowPtr: { values: csr.rowPtr.map((entries) => entries + before), tolerance: 0 },
      }),
    };
  },
});

const CSR_SHAPES = grid({ rows: [0, 1, 3, 8], cols: [1, 5, 33], sparsity: [0, 0.5, 0.9, 1], holes: [0, 1] });
const CSR_BENCH = { rows: 256, cols: 784, sparsity: 0.9, holes: 0 };

const toDense = kernel('csr_to_dense_f32', {
  shapes: CSR_SHAPES,
  bench: CSR_BENCH,
  flops: ({ rows, cols, sparsity }) => rows * cols * (1 - sparsity),
  setUp({ rows, cols, sparsity, holes }, random) {
    const w = sparseWeights(random, rows, cols, sparsity, holes);
    const { values, colIdx, rowPtr } = csrOf(w, rows, cols, 1);
    return {
      inputs: { values, colIdx, rowPtr },
      outputs: { dense: new Float32Array(rows * cols) },
      args: (at) => [at('dense'), at('values'), at('colIdx'), at('rowPtr'), rows, cols],
      expected: () => ({ dense: { values: w, tolerance: 0 } }),
    };
  },
});

const fromEntries = kernel('csr_from_entries_f32', {
  shapes: CSR_SHAPES,
  bench: CSR_BENCH,
  flops: ({ rows, cols, sparsity }) => rows * cols * (1 - sparsity),
  setUp({ rows, cols, sparsity, holes }, random) {
    const w = sparseWeights(random, rows, cols, sparsity, holes);
    // Each seventh zero is an entry as well, of either sign.
    const kept = Array.from({ length: w.length }, (_, i) => i).filter((i) => w[i] !== 0 || i % 7 === 3);
    const entries = Float32Array.from(kept, (i) => (w[i] === 0 && i % 2 === 1 ? -0 : w[i]!));
    const { values, colIdx, rowPtr } = csrOf(w, rows, cols, 1);
    const left = values.length;
    return {
      inputs: {},
      outputs: { values: entries, colIdx: Uint32Array.from(kept), rowPtr: new Uint32Array(rows + 1) },
      args: (at) => [at('values'), at('colIdx'), at('rowPtr'), kept.length, rows, cols],
      expected: () => ({
        values: { values: [...values, ...entries.slice(left)], tolerance: 0 },
        colIdx: { values: [...colIdx, ...kept.slice(left)], tolerance: 0 },
        rowPtr: { values: rowPtr, tolerance: 0 },
        result: { values: [left], tolerance: 0 },
      }),
    };
  },
});

/** Every row but each third, and every column but each fourth, renumbered. */
function partOf(w: Float32Array, rows: number, cols: number) {
  const taken = Array.from({ length: rows }, (_, r) => r).filter((r) => r % 3 !== 2);
  const kept = Array.from({ length: cols }, (_, c) => c).filter((c) => c % 4 !== 1);
  const place = Uint32Array.from({ length: cols }, (_, c) => kept.indexOf(c) >>> 0); // -1 becomes 2^32 - 1
  const chosen = Float32Array.from(taken.flatMap((r) => kept.map((c) => w[r * cols + c]!)));
  return { taken: Uint32Array.from(taken), place, part: csrOf(chosen, taken.length, kept.length, 1) };
}

const takePart = kernel('csr_part_f32', {
  shapes: CSR_SHAPES,
  bench: CSR_BENCH,
  flops: ({ rows, cols, sparsity }) => rows * cols * (1 - sparsity),
  setUp({ rows, cols, sparsity, holes }, random) {
    const w = sparseWeights(random, rows, cols, sparsity, holes);
    const { values, colIdx, rowPtr } = csrOf(w, rows, cols, 1);
    const { taken, place, part } = partOf(w, rows, cols);
    // What lies behind the entries that are left stays as it was.
    const over = (all: Float32Array | Uint32Array, left: ArrayLike<number>) => [
      ...Array.from(left),
      ...all.slice(left.length),
    ];
    return {
      inputs: { rowPtr, taken, place },
      outputs: { values: values.slice(), colIdx: colIdx.slice(), newPtr: new Uint32Array(taken.length + 1) },
      args: (at) => [
        at('values'),
        at('colIdx'),
        at('rowPtr'),
        at('newPtr'),
        at('taken'),
        taken.length,
        at('place'),
      ],
      expected: () => ({
        values: { values: over(values, part.values), tolerance: 0 },
        colIdx: { values: over(colIdx, part.colIdx), tolerance: 0 },
        newPtr: { values: part.rowPtr, tolerance: 0 },
        result: { values: [part.values.length], tolerance: 0 },
      }),
    };
  },
});

const markColumns = kernel('csr_mark_columns', {
  shapes: CSR_SHAPES,
  bench: CSR_BENCH,
  flops: ({ rows, cols, sparsity }) => rows * cols * (1 - sparsity),
  setUp({ rows, cols, sparsity, holes }, random) {
    const w = sparseWeights(random, rows, cols, sparsity, holes);
    const { colIdx, rowPtr } = csrOf(w, rows, cols, 1);
    const { taken } = partOf(w, rows, cols);
    const seen = Array.from({ length: cols }, (_, c) => (taken.some((r) => w[r * cols + c] !== 0) ? 1 : 0));
    return {
      inputs: { colIdx, rowPtr, taken },
      outputs: { seen: new Uint8Array(cols) },
      args: (at) => [at('seen'), at('colIdx'), at('rowPtr'), at('taken'), taken.length],
      expected: () => ({ seen: { values: seen, tolerance: 0 } }),
    };
  },
});

const countColumns = kernel('csr_count_columns', {
  shapes: CSR_SHAPES,
  bench: CSR_BENCH,
  flops: ({ rows, cols, sparsity }) => rows * cols * (1 - sparsity),
  setUp({ rows, cols, sparsity, holes }, random) {
    const w = sparseWeights(random, rows, cols, sparsity, holes);
    const { colIdx } = csrOf(w, rows, cols, 1);
    const counts = new Uint32Array(cols).fill(3);
    const held = (c: number) => Array.from({ length: rows }).filter((_, r) => w[r * cols + c] !== 0).length;
    return {
      inputs: { colIdx },
      outputs: { counts },
      args: (at) => [at('counts'), at('colIdx'), colIdx.length],
      expected: () => ({ counts: { values: counts.map((before, c) => before + held(c)), tolerance: 0 } }),
    };
  },
});

const countBlocks = kernel('count_blocks_csr', {
  shapes: grid({ rows: [0, 1, 3, 8, 9], cols: [1, 5, 33], sparsity: [0, 0.5, 0.9, 1], height: [1, 2, 4, 8] }),
  bench: { rows: 256, cols: 784, sparsity: 0.9, height: 4 },
  flops: ({ rows, cols, sparsity }) => rows * cols * (1 - sparsity),
  setUp({ rows, cols, sparsity, height }, random) {
    const w = sparseWeights(random, rows, cols, sparsity, 0);
    const { colIdx, rowPtr } = csrOf(w, rows, cols, 1);
    return {
      inputs: { colIdx, rowPtr },
      outputs: { seen: new Uint32Array(cols) },
      args: (at) => [at('colIdx'), at('rowPtr'), rows, cols, height, at('seen')],
      expected: () => {
        const groups = Array.from({ length: Math.ceil(rows / height) }, (_, g) => g * height);
        const count = groups.reduce((sum, first) => {
          const block = w.subarray(first * cols, Math.min(rows, first + height) * cols);
          return (
            sum +
            Array.from({ length: cols }).filter((_, c) => block.some((v, i) => i % cols === c && v !== 0))
              .length
          );
        }, 0);
        return { result: { values: [count], tolerance: 0 } };
      },
    };
  },
});

export const sparseKernels = [
  countBlocks,
  countColumns,
  fromDense,
  markColumns,
  fromEntries,
  takePart,
  toDense,
  groups('spmm_groups4_f32', 4, 4),
  groups('spmm_groups8_f32', 8, 2),
  spmm('spmm_csr16_f32', 16),
  spmm('spmm_csr32_f32', 32),
  blocked('spmm_block2_f32', 2, [16, 32]),
  blocked('spmm_block4_f32', 4, [8, 16]),
  nm,
];
