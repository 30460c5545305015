/** Weights in sparse storage: building and changing structures, values, growth, panels. Exact. */
import type { SeededRandom } from '../support/seededRandom.js';
import { toTiles } from '../support/tiles.js';
import { oddFloats, splitMix64 } from './masks.js';
import { blank, type Expectation, grid, kernel } from './row.js';
import {
  blockScores,
  drawPositions,
  groupsOf,
  indicesOf,
  type Matrix,
  type Structure,
  structureOf,
  valuesByPosition,
} from './structureTwins.js';

const MATRICES = {
  rows: [0, 1, 2, 3, 4, 5, 8, 9],
  cols: [0, 1, 5, 8, 33],
  height: [1, 2, 4],
  sparsity: [0, 0.5, 0.9, 1],
};
const SHAPES = grid({ ...MATRICES, holes: [0, 1] });
const BENCH = { rows: 256, cols: 784, height: 4, sparsity: 0.9, holes: 0 };

/** Also matrices so wide that positions need all of their bits: rows * cols comes to 1.2e9. */
const WIDE_SHAPES = [
  ...SHAPES.map((shape) => ({ ...shape, stretch: 1 })),
  ...grid({
    rows: [1, 5, 9],
    cols: [33 * 2 ** 22],
    height: [1, 2, 4],
    sparsity: [0, 0.5, 1],
    holes: [0],
    stretch: [2 ** 22],
  }),
];
const WIDE_BENCH = { ...BENCH, stretch: 1 };

/** Whole numbers of up to 32 bits: equal or not. */
const exactly = (values: ArrayLike<number>): Expectation => ({ values, tolerance: 0.5 });
const exactStructure = ({ rowPtr, colIdx }: Structure) => ({
  rowPtr: exactly(rowPtr),
  colIdx: exactly(colIdx),
});

/** `n` words of random bits: as floats, all that there are, NaNs with payloads and -0 among them. */
const words = (random: SeededRandom, n: number): Uint32Array<ArrayBuffer> =>
  Uint32Array.from({ length: n }, () =>
    random.below(8) === 0
      ? [0x80000000, 0x7fa12345, 0xffc54321, 0xff800000][random.below(4)]!
      : random.below(65536) * 65536 + random.below(65536),
  );

/** An output of `n` whole numbers that nobody has written yet. */
const blankWords = (n: number): Uint32Array<ArrayBuffer> => new Uint32Array(n).fill(0xdeadbeef);

/** What lies behind the entries that are left stays as it was. */
const over = (before: Uint32Array, left: Uint32Array): number[] => [...left, ...before.slice(left.length)];

const stored = ({ rows, cols, sparsity }: Matrix & { sparsity: number }): number =>
  rows * cols * (1 - sparsity);

const fromMask = kernel('blocks_from_mask', {
  shapes: grid({ ...MATRICES, holes: [0, 1], counts: [0, 1], lists: [0, 1] }),
  bench: { ...BENCH, counts: 1, lists: 1 },
  flops: ({ rows, cols }) => rows * cols,
  setUp(shape, random) {
    const { rows, cols, height, sparsity, holes, counts, lists } = shape;
    const mask = random
      .mask(rows * cols, sparsity)
      .map((bit, i) => (holes && Math.floor(i / cols / height) % 3 === 1 ? 0 : bit));
    const groups = groupsOf(shape);
    const positions = Array.from({ length: groups * cols }, (_, position) => position).filter((position) =>
      indicesOf([position], shape).some((index) => index >= 0 && mask[index]),
    );
    const structure = structureOf(positions, groups, cols);
    const expected = exactStructure(structure);
    return {
      inputs: { mask },
      outputs: {
        ...(counts ? { rowPtr: blankWords(groups + 1) } : {}),
        ...(lists ? { colIdx: blankWords(positions.length) } : {}),
      },
      args: (at) => [counts && at('rowPtr'), lists && at('colIdx'), at('mask'), rows, cols, height],
      expected: () => ({
        ...(counts ? { rowPtr: expected.rowPtr } : {}),
        ...(lists ? { colIdx: expected.colIdx } : {}),
        result: exactly([positions.length]),
      }),
    };
  },
});

const toMask = kernel('blocks_mask', {
  shapes: SHAPES,
  bench: BENCH,
  flops: (shape) => stored(shape),
  setUp(shape, random) {
    const { rows, cols, height } = shape;
    const positions = drawPositions(random, shape, shape);
    return {
      inputs: { ...structureOf(positions, groupsOf(shape), cols) },
      outputs: { mask: new Uint8Array(rows * cols).fill(7) },
      args: (at) => [at('mask'), at('rowPtr'), at('colIdx'), rows, cols, height],
      expected: () => {
        const held = new Set(indicesOf(positions, shape));
        return { mask: exactly(Array.from({ length: rows * cols }, (_, i) => (held.has(i) ? 1 : 0))) };
      },
    };
  },
});

const fromPositions = kernel('blocks_from_positions', {
  shapes: WIDE_SHAPES,
  bench: WIDE_BENCH,
  flops: (shape) => stored(shape),
  setUp(shape, random) {
    const positions = drawPositions(random, shape, shape);
    const groups = groupsOf(shape);
    return {
      inputs: { positions: Uint32Array.from(positions) },
      outputs: { rowPtr: blankWords(groups + 1), colIdx: blankWords(positions.length) },
      args: (at) => [at('rowPtr'), at('colIdx'), at('positions'), positions.length, groups, shape.cols],
      expected: () => exactStructure(structureOf(positions, groups, shape.cols)),
    };
  },
});

const toPositions = kernel('blocks_positions', {
  shapes: WIDE_SHAPES,
  bench: WIDE_BENCH,
  flops: (shape) => stored(shape),
  setUp(shape, random) {
    const positions = drawPositions(random, shape, shape);
    const groups = groupsOf(shape);
    return {
      inputs: { ...structureOf(positions, groups, shape.cols) },
      outputs: { positions: blankWords(positions.length) },
      args: (at) => [at('positions'), at('rowPtr'), at('colIdx'), groups, shape.cols],
      expected: () => ({ positions: exactly(positions) }),
    };
  },
});

const select = kernel('blocks_select', {
  shapes: grid({ ...MATRICES, holes: [0, 1], dropped: [0, 0.5, 1], ptrInPlace: [0, 1], colInPlace: [0, 1] }),
  bench: { ...BENCH, dropped: 0.1, ptrInPlace: 0, colInPlace: 0 },
  flops: (shape) => stored(shape),
  setUp(shape, random) {
    const { cols, dropped, ptrInPlace, colInPlace } = shape;
    const groups = groupsOf(shape);
    const positions = drawPositions(random, shape, shape);
    const { rowPtr, colIdx } = structureOf(positions, groups, cols);
    const keep = random.mask(positions.length, dropped);
    const left = positions.filter((_, i) => keep[i]);
    const to = structureOf(left, groups, cols);
    return {
      inputs: { rowPtr, colIdx, keep },
      outputs: {
        toPtr: ptrInPlace ? rowPtr.slice() : blankWords(groups + 1),
        toCol: colInPlace ? colIdx.slice() : blankWords(left.length),
      },
      args: (at) => [
        at('toPtr'),
        at('toCol'),
        at(ptrInPlace ? 'toPtr' : 'rowPtr'),
        at(colInPlace ? 'toCol' : 'colIdx'),
        at('keep'),
        groups,
      ],
      expected: () => ({
        toPtr: exactly(to.rowPtr),
        toCol: exactly(colInPlace ? over(colIdx, to.colIdx) : to.colIdx),
        result: exactly([left.length]),
      }),
    };
  },
});

const selectValues = kernel('blocks_select_f32', {
  shapes: grid({
    count: [0, 1, 2, 3, 7, 8, 33],
    height: [1, 2, 4],
    dropped: [0, 0.5, 0.9, 1],
    inPlace: [0, 1],
  }),
  bench: { count: 20000, height: 4, dropped: 0.1, inPlace: 0 },
  flops: ({ count, height }) => count * height,
  setUp({ count, height, dropped, inPlace }, random) {
    const from = words(random, count * height);
    const keep = random.mask(count, dropped);
    const left = from.filter((_, i) => keep[Math.floor(i / height)]);
    return {
      inputs: { from, keep },
      outputs: { to: inPlace ? from.slice() : blankWords(left.length) },
      args: (at) => [at('to'), at(inPlace ? 'to' : 'from'), at('keep'), count, height],
      expected: () => ({
        to: exactly(inPlace ? over(from, left) : left),
        result: exactly([left.length / height]),
      }),
    };
  },
});

const insert = kernel('blocks_insert', {
  shapes: WIDE_SHAPES.flatMap((shape) => [0, 0.3, 1].map((share) => ({ ...shape, share }))),
  bench: { ...WIDE_BENCH, share: 0.01 },
  flops: (shape) => stored(shape),
  setUp(shape, random) {
    const { cols, share } = shape;
    const groups = groupsOf(shape);
    const positions = drawPositions(random, shape, shape);
    const held = new Set(positions);
    const added = drawPositions(random, shape, { ...shape, sparsity: 1 - share, holes: 0 }).filter(
      (position) => !held.has(position),
    );
    const all = [...positions, ...added];
    return {
      inputs: { ...structureOf(positions, groups, cols), added: Uint32Array.from(added) },
      outputs: { toPtr: blankWords(groups + 1), toCol: blankWords(all.length) },
      args: (at) => [
        at('toPtr'),
        at('toCol'),
        at('rowPtr'),
        at('colIdx'),
        at('added'),
        added.length,
        groups,
        cols,
      ],
      expected: () => {
        const { rowPtr, colIdx } = structureOf(all, groups, cols);
        return { toPtr: exactly(rowPtr), toCol: exactly(colIdx), result: exactly([all.length]) };
      },
    };
  },
});

const gather = kernel('blocks_gather_f32', {
  shapes: SHAPES,
  bench: BENCH,
  flops: (shape) => stored(shape),
  setUp(shape, random) {
    const { rows, cols, height } = shape;
    const positions = drawPositions(random, shape, shape);
    const dense = words(random, rows * cols);
    return {
      inputs: { ...structureOf(positions, groupsOf(shape), cols), dense },
      outputs: { values: blankWords(positions.length * height) },
      args: (at) => [at('values'), at('rowPtr'), at('colIdx'), at('dense'), rows, cols, height],
      expected: () => ({
        values: exactly(indicesOf(positions, shape).map((index) => (index < 0 ? 0 : dense[index]!))),
      }),
    };
  },
});

const scatter = kernel('blocks_scatter_f32', {
  shapes: SHAPES,
  bench: BENCH,
  flops: (shape) => stored(shape),
  setUp(shape, random) {
    const { rows, cols, height } = shape;
    const positions = drawPositions(random, shape, shape);
    const indices = indicesOf(positions, shape);
    const values = words(random, indices.length).map((word, i) => (indices[i]! < 0 ? 0 : word));
    return {
      inputs: { ...structureOf(positions, groupsOf(shape), cols), values },
      outputs: { dense: blankWords(rows * cols) },
      args: (at) => [at('dense'), at('values'), at('rowPtr'), at('colIdx'), rows, cols, height],
      expected: () => {
        const dense = new Uint32Array(rows * cols);
        indices.forEach((index, i) => {
          if (index >= 0) dense[index] = values[i]!;
        });
        return { dense: exactly(dense) };
      },
    };
  },
});

const carry = kernel('blocks_carry_f32', {
  shapes: SHAPES.flatMap((shape) => [0, 0.5, 1].map((other) => ({ ...shape, other }))),
  bench: { ...BENCH, other: 0.9 },
  flops: (shape) => stored(shape),
  setUp(shape, random) {
    const { cols, height, other } = shape;
    const groups = groupsOf(shape);
    const positions = drawPositions(random, shape, shape);
    const target = drawPositions(random, shape, { sparsity: other, holes: 0 });
    const from = words(random, positions.length * height);
    const { rowPtr: fromPtr, colIdx: fromCol } = structureOf(positions, groups, cols);
    const { rowPtr: toPtr, colIdx: toCol } = structureOf(target, groups, cols);
    return {
      inputs: { toPtr, toCol, from, fromPtr, fromCol },
      outputs: { to: blankWords(target.length * height) },
      args: (at) => [
        at('to'),
        at('toPtr'),
        at('toCol'),
        at('from'),
        at('fromPtr'),
        at('fromCol'),
        groups,
        height,
      ],
      expected: () => {
        const known = valuesByPosition(positions, from, height);
        const none = new Uint32Array(height);
        return { to: exactly(target.flatMap((position) => [...(known.get(position) ?? none)])) };
      },
    };
  },
});

const uniform = kernel('blocks_uniform_f32', {
  shapes: WIDE_SHAPES.flatMap((shape) => [
    { ...shape, seedHigh: 0, low: 0, width: 1 },
    { ...shape, seedHigh: 0xfedcba98, low: -0.25, width: 0.5 },
  ]),
  bench: { ...WIDE_BENCH, seedHigh: 1, low: -1, width: 2 },
  flops: (shape) => 3 * stored(shape),
  setUp(shape, random) {
    const { rows, cols, height, seedHigh, low, width } = shape;
    const positions = drawPositions(random, shape, shape);
    const seedLow = random.below(65536) * 65536 + random.below(65536);
    return {
      inputs: { ...structureOf(positions, groupsOf(shape), cols) },
      outputs: { values: blank(positions.length * height) },
      args: (at) => [
        at('values'),
        at('rowPtr'),
        at('colIdx'),
        rows,
        cols,
        height,
        seedLow,
        seedHigh,
        low,
        width,
      ],
      expected: () => {
        const seed = (BigInt(seedHigh) << 32n) | BigInt(seedLow);
        const unit = (i: number) => Number(splitMix64(seed, i) >> 40n) / 16777216;
        const values = indicesOf(positions, shape).map((i) =>
          i < 0 ? 0 : low + Math.fround(unit(i) * width),
        );
        return { values: { values, tolerance: 0 } };
      },
    };
  },
});

const scores = kernel('blocks_scores_f32', {
  shapes: grid({ count: [0, 1, 2, 3, 7, 8, 33], height: [1, 2, 4], odd: [0, 3, 10] }),
  bench: { count: 20000, height: 4, odd: 0 },
  flops: ({ count, height }) => count * height,
  setUp({ count, height, odd }, random) {
    const values = oddFloats(random, count * height, odd);
    return {
      inputs: { values },
      outputs: { scores: blank(count) },
      args: (at) => [at('scores'), at('values'), count, height],
      expected: () => ({ scores: { values: blockScores(values, height), tolerance: 0 } }),
    };
  },
});

const collect = kernel('collect_absent_f32', {
  shapes: grid({
    rows: [0, 1, 3, 4, 8, 9], // of the slab
    before: [0, 2], // groups in front of it
    cols: [0, 1, 4, 5, 33],
    height: [1, 2, 4],
    sparsity: [0, 0.5, 1],
    threshold: [-1, 0, 0.75, Infinity],
    count: [0, 3],
    odd: [0, 2],
  }),
  bench: {
    rows: 256,
    before: 0,
    cols: 784,
    height: 4,
    sparsity: 0.9,
    threshold: 3,
    count: 0,
    odd: 0,
  },
  flops: ({ rows, cols }) => rows * cols,
  setUp({ rows, before, cols, height, sparsity, threshold, count, odd }, random) {
    const slab = { rows, cols, height };
    const groups = groupsOf(slab);
    const behind = rows % height === 0 ? 1 : 0; // groups behind the slab
    const whole = { rows: (before + groups + behind) * height, cols, height };
    const positions = drawPositions(random, whole, { sparsity, holes: 0 });
    const held = new Set(positions);
    // Every other value is a multiple of 1/4: some scores equal the threshold.
    const gradient = oddFloats(random, rows * cols, odd).map((value, i) =>
      i % 2 ? value : Math.round(value * 4) / 4,
    );
    const candidates = Array.from({ length: groups * cols }, (_, position) => position);
    const indices = indicesOf(candidates, slab);
    const all = blockScores(
      indices.map((index) => (index < 0 ? 0 : gradient[index]!)),
      height,
    );
    const found = candidates.filter((i) => !held.has(before * cols + i) && all[i]! > threshold);
    const earlier = { scores: random.floats(count), positions: words(random, count) };
    return {
      inputs: { ...structureOf(positions, groupsOf(whole), cols), gradient },
      outputs: {
        scores: Float32Array.from([...earlier.scores, ...blank(found.length)]),
        positions: Uint32Array.from([...earlier.positions, ...blankWords(found.length)]),
      },
      args: (at) => [
        at('scores'),
        at('positions'),
        count,
        at('gradient'),
        at('rowPtr'),
        at('colIdx'),
        before,
        groups,
        rows,
        cols,
        height,
        threshold,
      ],
      expected: () => ({
        scores: { values: [...earlier.scores, ...found.map((i) => all[i]!)], tolerance: 0 },
        positions: exactly([...earlier.positions, ...found.map((i) => before * cols + i)]),
        result: exactly([count + found.length]),
      }),
    };
  },
});

const panels = kernel('panels_from_tiles_f32', {
  shapes: grid({
    first: [0, 1, 4],
    count: [0, 1, 3, 8],
    rest: [0, 2],
    lanes: [8, 16, 32],
    tiles: [0, 1, 2, 3],
  }),
  bench: { first: 0, count: 784, rest: 0, lanes: 32, tiles: 4 },
  flops: ({ count, lanes, tiles }) => count * lanes * tiles,
  setUp({ first, count, rest, lanes, tiles }, random) {
    const features = first + count + rest;
    const samples = tiles * lanes;
    const x = random.floats(features * samples);
    return {
      inputs: { x: Float32Array.from(toTiles(x, features, samples, lanes)) },
      outputs: { y: blank(count * samples) },
      args: (at) => [at('y'), at('x'), features, first, count, lanes, tiles],
      expected: () => ({
        y: { values: toTiles(x.subarray(first * samples), count, samples, 8), tolerance: 0 },
      }),
    };
  },
});

const tiles = kernel('tiles_from_panels_f32', {
  shapes: grid({ features: [0, 1, 3, 8, 33], lanes: [8, 16, 32], tiles: [0, 1, 2, 3] }),
  bench: { features: 784, lanes: 32, tiles: 4 },
  flops: ({ features, lanes, tiles: count }) => features * lanes * count,
  setUp({ features, lanes, tiles: count }, random) {
    const samples = count * lanes;
    const x = random.floats(features * samples);
    return {
      inputs: { x: Float32Array.from(toTiles(x, features, samples, 8)) },
      outputs: { y: blank(x.length) },
      args: (at) => [at('y'), at('x'), features, lanes, count],
      expected: () => ({ y: { values: toTiles(x, features, samples, lanes), tolerance: 0 } }),
    };
  },
});

export const structureKernels = [
  fromMask,
  toMask,
  fromPositions,
  toPositions,
  select,
  selectValues,
  insert,
  gather,
  scatter,
  carry,
  uniform,
  scores,
  collect,
  panels,
  tiles,
];
