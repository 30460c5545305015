/** Products of weights in sparse storage: the bits of the dense kernels, and special values, one literal case at a time. */
import { describe, expect, it } from 'vitest';
import { type Stored, storedWeights } from '../kernelTable/sparseTraining.js';
import { type Build, type KernelName, loadBuild, TARGETS } from '../support/builds.js';
import { call, f32 } from '../support/call.js';
import { SeededRandom } from '../support/seededRandom.js';
import { toTiles } from '../support/tiles.js';

const { NaN: nan } = Number;
const DENORMAL = 2 ** -149;

const FORMATS = [
  { height: 1, nn: 'spmm_nn_csr_f32', tn: 'spmm_tn_csr_f32', sddmm: 'sddmm_csr_f32' },
  { height: 2, nn: 'spmm_nn_block2_f32', tn: 'spmm_tn_block2_f32', sddmm: 'sddmm_block2_f32' },
  { height: 4, nn: 'spmm_nn_block4_f32', tn: 'spmm_tn_block4_f32', sddmm: 'sddmm_block4_f32' },
] as const satisfies readonly Record<string, KernelName | number>[];

type Format = (typeof FORMATS)[number];
type Sparse = Pick<Stored, 'values' | 'colIdx' | 'rowPtr'>;
/** [rows, cols, lanes, tiles] */
type Shape = readonly [number, number, number, number];

const tiled = (x: ArrayLike<number>, features: number, samples: number, lanes: number) =>
  f32(toTiles(x, features, samples, lanes));

const blank = (n: number) => new Float32Array(n).fill(nan);

/** W x + b; b may be null. */
function nn(
  build: Build,
  format: Format,
  weight: Sparse,
  bias: Float32Array | null,
  x: Float32Array,
  s: Shape,
) {
  const { values, colIdx, rowPtr } = weight;
  const inputs = { values, colIdx, rowPtr, bias: bias ?? f32([]), x };
  const outputs = { y: blank(s[0] * s[2] * s[3]) };
  return call(build, format.nn, inputs, outputs, (at) => [
    at('y'),
    at('values'),
    at('colIdx'),
    at('rowPtr'),
    bias ? at('bias') : 0,
    at('x'),
    ...s,
  ]).y!;
}

/** W^T dy */
function tn(build: Build, format: Format, weight: Sparse, dy: Float32Array, s: Shape) {
  const { values, colIdx, rowPtr } = weight;
  const outputs = { dx: blank(s[1] * s[2] * s[3]) };
  return call(build, format.tn, { values, colIdx, rowPtr, dy }, outputs, (at) => [
    at('dx'),
    at('values'),
    at('colIdx'),
    at('rowPtr'),
    at('dy'),
    ...s,
  ]).dx!;
}

/** dy x^T at the entries. */
function sddmm(build: Build, format: Format, weight: Sparse, dy: Float32Array, x: Float32Array, s: Shape) {
  const { values, colIdx, rowPtr } = weight;
  const outputs = { dw: blank(values.length) };
  return call(build, format.sddmm, { colIdx, rowPtr, dy, x }, outputs, (at) => [
    at('dw'),
    at('colIdx'),
    at('rowPtr'),
    at('dy'),
    at('x'),
    ...s,
  ]).dw!;
}

describe.each(TARGETS)('build %s', (target) => {
  const build = loadBuild(target);

  describe.each(FORMATS)('blocks of $height', (format) => {
    const { height } = format;

    it.each([8, 16, 32])('give the bits of the dense kernels, %i lanes', (lanes) => {
      for (const [rows, cols, tiles] of [
        [13, 37, 2],
        [8, 16, 1],
        [31, 5, 3],
      ] as const) {
        const random = new SeededRandom(rows * lanes);
        const weight = storedWeights(random, [rows, cols], height, { sparsity: 0.6, holes: 1 });
        const samples = lanes * tiles;
        const shape = [rows, cols, lanes, tiles] as const;
        const panels = samples / 8;
        const [b, x, dy] = [
          random.floats(rows),
          random.floats(cols * samples),
          random.floats(rows * samples),
        ];
        const inputs = {
          w: weight.w,
          b,
          x: tiled(x, cols, samples, 8),
          dy: tiled(dy, rows, samples, 8),
        };
        const { y } = call(build, 'gemm_f32', inputs, { y: blank(rows * samples) }, (at) => [
          ...([
            at('y'),
            32,
            rows * 32,
            at('w'),
            at('b'),
            at('x'),
            32,
            cols * 32,
            rows,
            cols,
            panels,
          ] as const),
          -Infinity,
        ]);
        const room = { dx: blank(cols * samples), scratch: blank(rows * (samples + 20) + samples * 8 + 8) };
        const { dx } = call(build, 'gemm_tn_f32', inputs, room, (at) => [
          ...([at('dx'), at('w'), at('dy'), rows, cols, panels, at('scratch')] as const),
        ]);
        expect(
          regrouped(nn(build, format, weight, b, tiled(x, cols, samples, lanes), shape), rows, lanes),
        ).toEqual(y);
        expect(
          regrouped(tn(build, format, weight, tiled(dy, rows, samples, lanes), shape), cols, lanes),
        ).toEqual(dx);
      }
    });

    it.each([8, 16, 32])('pass on NaN, infinities and denormals of what they read, %i lanes', (lanes) => {
      // One block in column 1 of 3, over all rows of the first group; a second group without blocks.
      const rows = height + 1;
      const weight = {
        values: new Float32Array(height).fill(1),
        colIdx: Uint32Array.of(1),
        rowPtr: Uint32Array.of(0, 1, 1),
      };
      const shape = [rows, 3, lanes, 1] as const;
      const special = [nan, Infinity, -Infinity, DENORMAL, -0, 1, 2, 3];
      const row = Array.from({ length: lanes }, (_, lane) => special[lane % 8]!);
      const lost = row.map(() => nan); // where nothing may be read
      const sum = row.map((value) => value + 0); // sums begin at +0
      const zero = row.map(() => 0);
      const times = <T>(n: number, list: readonly T[]): T[] => Array.from({ length: n }, () => list).flat();

      const x = f32([lost, row, lost].flat());
      expect([...nn(build, format, weight, null, x, shape)]).toEqual([...times(height, sum), ...zero]);
      const bias = new Float32Array(rows).fill(-0);
      expect([...nn(build, format, weight, bias, x, shape)]).toEqual([
        ...times(height, row),
        ...row.map(() => -0),
      ]);
      const top = { ...weight, values: f32([1, 0, 0, 0].slice(0, height)) };
      const dy = f32([row, times(height - 1, zero), lost].flat());
      expect([...tn(build, format, top, dy, shape)]).toEqual([zero, sum, zero].flat());
    });

    it.each([8, 16, 32])(
      'give gradients at blocks only, each of its own row and column, %i lanes',
      (lanes) => {
        const rows = height + 1;
        const weight = {
          values: new Float32Array(height * 3),
          colIdx: Uint32Array.of(0, 2, 1),
          rowPtr: Uint32Array.of(0, 2, 3),
        };
        const fill = (value: number) => new Array<number>(lanes).fill(value);
        const x = f32([fill(1), fill(nan), fill(DENORMAL)].flat());
        const dy = f32(Array.from({ length: rows }, (_, r) => fill(r + 1)).flat());
        const dw = sddmm(build, format, weight, dy, x, [rows, 3, lanes, 1]);
        const group = Array.from({ length: height }, (_, r) => (r + 1) * lanes);
        expect([...dw]).toEqual([
          ...group,
          ...group.map((value) => value * DENORMAL),
          ...Array.from({ length: height }, (_, r) => (r === 0 ? nan : 0)), // rows beyond the matrix: exactly 0
        ]);
      },
    );

    it('a gradient does not depend on the entries beside it', () => {
      const [rows, cols, lanes, tiles] = [height, 11, 32, 2];
      const random = new SeededRandom(height);
      const [dy, x] = [random.floats(rows * 64), random.floats(cols * 64)];
      const run = (columns: readonly number[]) => {
        const weight = {
          values: new Float32Array(columns.length * height),
          colIdx: Uint32Array.from(columns),
          rowPtr: Uint32Array.of(0, columns.length),
        };
        return sddmm(build, format, weight, dy, x, [rows, cols, lanes, tiles]) as Float32Array;
      };
      const all = run(Array.from({ length: cols }, (_, c) => c));
      for (let c = 0; c < cols; c++) {
        expect(run([c])).toEqual(all.subarray(c * height, (c + 1) * height));
      }
    });
  });
});

/** Tiles of `lanes` as tiles of eight. */
function regrouped(x: ArrayLike<number>, features: number, lanes: number): Float32Array {
  const parts = lanes / 8;
  return Float32Array.from({ length: x.length }, (_, i) => {
    const [panel, feature, lane] = [Math.floor(i / (features * 8)), Math.floor(i / 8) % features, i % 8];
    return x[(Math.floor(panel / parts) * features + feature) * lanes + (panel % parts) * 8 + lane]!;
  });
}
