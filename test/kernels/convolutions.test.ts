/** Convolutions: the same weights give the same bits in every format and at every width of a tile. */
import { describe, expect, it } from 'vitest';
import { packRows } from '../kernelTable/dense.js';
import { loadBuild, TARGETS } from '../support/builds.js';
import { call } from '../support/call.js';
import {
  blocksOf,
  type ConvShape,
  fourPointsOf,
  layoutOf,
  offsetsOf,
  pairPointsOf,
  panelsOf,
  partsOf,
  pointsOf,
  staged,
} from '../support/convLists.js';
import { SeededRandom } from '../support/seededRandom.js';
import { toTiles } from '../support/tiles.js';

const SAMPLES = 32;
const LANES = [1, 4, 8, 16, 32];

const SHAPES: Omit<ConvShape, 'lanes'>[] = [
  { size: [3, 6, 9], filters: 7, kernel: [3, 3], stride: 1, padding: 1, dilation: 1 },
  { size: [2, 7, 11], filters: 8, kernel: [5, 5], stride: 2, padding: 2, dilation: 1 },
  { size: [4, 9, 7], filters: 3, kernel: [2, 3], stride: 1, padding: 0, dilation: 2 },
  { size: [9, 5, 14], filters: 13, kernel: [1, 1], stride: 3, padding: 0, dilation: 1 },
  { size: [9, 3, 5], filters: 4, kernel: [1, 1], stride: 1, padding: 0, dilation: 1 },
].map(({ size, filters, kernel, ...rest }) => ({
  channels: size[0]!,
  height: size[1]!,
  width: size[2]!,
  filters,
  kernelHeight: kernel[0]!,
  kernelWidth: kernel[1]!,
  groups: 1,
  ...rest,
}));

describe.each(TARGETS)('build %s', (target) => {
  const build = loadBuild(target);

  /** y [filters, pixels] of one tile, by format. */
  function run(shape: ConvShape, w: Float32Array, b: Float32Array, tile: Float32Array) {
    const { filters } = shape;
    const { k, plane, row, outHeight } = layoutOf(shape);
    const low = 0;
    const points = pointsOf(shape);
    const y = new Float32Array(filters * points.plane);
    const x = staged(shape, tile, points.pitch - row);
    /** The output rows without what lies behind them. */
    const cropped = (wide: ArrayLike<number>): ArrayLike<number> => {
      const to = new Float32Array(filters * plane);
      const inputs = { wide: Float32Array.from(wide) };
      return call(build, 'conv_crop_f32', inputs, { to }, (at) => [
        at('to'),
        at('wide'),
        filters,
        outHeight,
        row,
        points.pitch,
      ]).to!;
    };
    const dense = () => {
      const [panels, offsets] = [panelsOf(shape), offsetsOf(shape)];
      const count = panels.length / 10;
      const outputs = {
        y: new Float32Array(filters * plane),
        scratch: new Float32Array((3 * k + filters) * 8),
      };
      return call(
        build,
        'conv_dense_f32',
        { w: packRows(w, filters, k), b, x, panels, offsets },
        outputs,
        (at) => [
          at('y'),
          at('w'),
          at('b'),
          at('x'),
          at('panels'),
          at('offsets'),
          at('scratch'),
          filters,
          k,
          plane,
          count,
          3,
          low,
        ],
      ).y!;
    };
    const csr = (parts: number) => {
      const { records, fours, ones } = fourPointsOf(points);
      return call(build, 'conv_csr_f32', { ...partsOf(shape, w, parts), b, x, records }, { y }, (at) => [
        at('y'),
        at('blocks'),
        at('ends'),
        at('b'),
        at('x'),
        at('records'),
        fours,
        ones,
        filters,
        points.plane,
        parts,
        low,
      ]).y!;
    };
    const blocks = (name: 'conv_block2_f32' | 'conv_block4_f32', height: number) => {
      const each = Uint32Array.from(points.list.flatMap((point) => [point.x, point.y]));
      const records = height === 2 ? pairPointsOf(points) : each;
      return call(build, name, { ...blocksOf(shape, w, height), b, x, records }, { y }, (at) => [
        at('y'),
        at('blocks'),
        at('ends'),
        at('b'),
        at('x'),
        at('records'),
        records.length / (height === 2 ? 4 : 2),
        filters,
        points.plane,
        low,
      ]).y!;
    };
    const gathered = (
      name: 'conv_csr_panels_f32' | 'conv_block2_panels_f32' | 'conv_block4_panels_f32',
      height: number,
    ) => {
      const [panels, offsets] = [panelsOf(shape), offsetsOf(shape)];
      const columns = Array.from({ length: k }, (_, j) => (128 / height) * j);
      const inputs = { ...blocksOf(shape, w, height, columns), b, x, panels, offsets };
      const outputs = {
        y: new Float32Array(filters * plane),
        scratch: new Float32Array((k * 32) / height + 8 + filters * 8),
      };
      return call(build, name, inputs, outputs, (at) => [
        at('y'),
        at('blocks'),
        at('ends'),
        at('b'),
        at('x'),
        at('panels'),
        at('offsets'),
        at('scratch'),
        filters,
        k,
        plane,
        panels.length / 10,
        low,
      ]).y!;
    };
    return {
      dense: dense(),
      csr: cropped(csr(1)),
      'csr in two parts': cropped(csr(2)),
      'csr in five parts, some empty': cropped(csr(5)),
      block2: cropped(blocks('conv_block2_f32', 2)),
      block4: cropped(blocks('conv_block4_f32', 4)),
      'csr over panels': gathered('conv_csr_panels_f32', 1),
      'block2 over panels': gathered('conv_block2_panels_f32', 2),
      'block4 over panels': gathered('conv_block4_panels_f32', 4),
    };
  }

  it.each(SHAPES)(
    'dense, csr and blocks at all widths: $channels x $height x $width, stride $stride',
    (shape) => {
      const random = new SeededRandom(3);
      const features = shape.channels * shape.height * shape.width;
      const { k, plane } = layoutOf({ ...shape, lanes: 1 });
      const keep = random.mask(shape.filters * k, 0.7);
      const w = random.floats(shape.filters * k).map((value, i) => (keep[i] ? value : 0));
      const b = random.floats(shape.filters);
      const x = random.floats(features * SAMPLES);
      const all = LANES.flatMap((lanes) => {
        const tiles = Float32Array.from(toTiles(x, features, SAMPLES, lanes));
        const size = features * lanes;
        const outputs = Array.from({ length: SAMPLES / lanes }, (_, t) =>
          run({ ...shape, lanes }, w, b, tiles.subarray(t * size, (t + 1) * size)),
        );
        return Object.keys(outputs[0]!).map((name) => {
          const format = name as keyof ReturnType<typeof run>;
          const y = Array.from({ length: shape.filters * plane * SAMPLES }, (_, i) => {
            const [feature, sample] = [Math.floor(i / SAMPLES), i % SAMPLES];
            return outputs[Math.floor(sample / lanes)]![format][feature * lanes + (sample % lanes)]!;
          });
          return { title: `${format}, ${lanes} lanes`, y };
        });
      });
      expect(all[0]!.y.some((value) => value > 0)).toBe(true);
      for (const { title, y } of all) expect(y, title).toEqual(all[0]!.y);
    },
  );
});
