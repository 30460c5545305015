/** Convolutions of inference, over lists made by support/convLists.ts. */
import type { Kernels } from '../support/builds.js';
import {
  blocksOf,
  fourPointsOf,
  layoutOf,
  offsetsOf,
  pairPointsOf,
  panelsOf,
  partsOf,
  pointsOf,
} from '../support/convLists.js';
import { convLayoutKernels } from './convLayout.js';
import { BENCH, flops, GROUPED, product, SHAPES, type Shape, weights } from './convShapes.js';
import { packRows } from './dense.js';
import { blank, kernel } from './row.js';

const dense = kernel('conv_dense_f32', {
  shapes: SHAPES.map((shape) => ({ ...shape, sparsity: 0, holes: 0 })),
  bench: { ...BENCH, sparsity: 0 },
  flops,
  setUp(shape, random) {
    const { filters, chunk } = shape;
    const { k, plane } = layoutOf(shape);
    const w = weights(random, shape, 1);
    const panels = panelsOf(shape);
    const count = panels.length / 10;
    const { low, inputs, outputs, expected } = product(shape, w, random);
    return {
      inputs: { ...inputs, w: packRows(w, filters, k), panels, offsets: offsetsOf(shape) },
      outputs: {
        ...outputs,
        scratch: blank(Math.min(chunk, count) * k * 8 + (plane < 8 ? filters * 8 : 0)),
      },
      args: (at) => [
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
        chunk,
        low,
      ],
      expected,
    };
  },
});

/** Over points: one group, or as many as there are. */
function overPoints(name: 'conv_csr_f32' | 'conv_csr_groups_f32', shapes: Shape[]) {
  return kernel(name, {
    shapes,
    bench: BENCH,
    flops,
    setUp(shape, random) {
      const { filters, groups } = shape;
      const w = weights(random, shape, 1);
      const points = pointsOf(shape);
      const { records, fours, ones } = fourPointsOf(points);
      const one = name === 'conv_csr_f32';
      const parts = one ? 1 + (filters % 3) : 1;
      const { blocks: entries, ends } = one ? partsOf(shape, w, parts) : blocksOf(shape, w, 1);
      const { low, plane, inputs, outputs, expected } = product(shape, w, random, points);
      const together = one ? [] : [filters / groups];
      return {
        inputs: { ...inputs, entries, ends, records },
        outputs,
        args: (at) =>
          [
            at('y'),
            at('entries'),
            at('ends'),
            at('b'),
            at('x'),
            at('records'),
            fours,
            ones,
            filters,
            ...together,
            plane,
            ...(one ? [parts] : []),
            low,
          ] as Parameters<Kernels[typeof name]>,
        expected,
      };
    },
  });
}

/** Over panels that are brought together first: `height` rows a block, and as many panels as fill 8 vectors. */
function overPanels(
  name: 'conv_csr_panels_f32' | 'conv_block2_panels_f32' | 'conv_block4_panels_f32',
  height: 1 | 2 | 4,
) {
  return kernel(name, {
    shapes: SHAPES,
    bench: { ...BENCH, height: 14, width: 14, channels: 512, kernelHeight: 1, kernelWidth: 1, padding: 0 },
    flops,
    setUp(shape, random) {
      const { filters } = shape;
      const { k, plane } = layoutOf(shape);
      const w = weights(random, shape, height);
      const panels = panelsOf(shape);
      const floats = 32 / height;
      const columns = Array.from({ length: k }, (_, j) => 4 * floats * j);
      const { low, inputs, outputs, expected } = product(shape, w, random);
      const scratch = k * floats + (height === 1 ? 8 : 0) + (plane < 8 ? filters * 8 : 0);
      return {
        inputs: { ...inputs, ...blocksOf(shape, w, height, columns), panels, offsets: offsetsOf(shape) },
        outputs: { ...outputs, scratch: blank(scratch) },
        args: (at) => [
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
        ],
        expected,
      };
    },
  });
}

function blocked(name: 'conv_block2_f32' | 'conv_block4_f32', height: 2 | 4) {
  return kernel(name, {
    shapes: SHAPES,
    bench: BENCH,
    flops,
    setUp(shape, random) {
      const w = weights(random, shape, height);
      const points = pointsOf(shape);
      const records =
        height === 2 ? pairPointsOf(points) : Uint32Array.from(points.list.flatMap(({ x, y }) => [x, y]));
      const count = records.length / (height === 2 ? 4 : 2);
      const { low, plane, inputs, outputs, expected } = product(shape, w, random, points);
      return {
        inputs: { ...inputs, ...blocksOf(shape, w, height), records },
        outputs,
        args: (at) => [
          at('y'),
          at('blocks'),
          at('ends'),
          at('b'),
          at('x'),
          at('records'),
          count,
          shape.filters,
          plane,
          low,
        ],
        expected,
      };
    },
  });
}

/** The windows that the depthwise kernel takes, one or two filters to a channel. */
const DEPTHWISE = SHAPES.filter(
  ({ kernelHeight, kernelWidth, stride, dilation, width, padding, lanes }) =>
    kernelHeight * kernelWidth === 9 && stride * dilation === 1 && (width + 2 * padding - 2) * lanes >= 4,
).map((shape, i) => ({ ...shape, channels: 3, groups: 3, filters: 3 + 3 * (i % 2), sparsity: 0, holes: 0 }));

const depthwise = kernel('conv_depthwise3_f32', {
  shapes: DEPTHWISE,
  bench: { ...BENCH, groups: 64, sparsity: 0 },
  flops,
  setUp(shape, random) {
    const { channels, filters, groups, height, width, lanes, padding } = shape;
    const { outHeight, row, stagedHeight, stagedWidth } = layoutOf(shape);
    const w = weights(random, shape, 1);
    const { low, image, inputs, outputs, expected } = product(shape, w, random);
    const pitch = stagedWidth * lanes * 4;
    return {
      inputs: { b: inputs.b, x: image, w },
      outputs: { ...outputs, room: new Float32Array((stagedHeight * pitch) / 4) },
      args: (at) => [
        at('y'),
        at('w'),
        at('b'),
        at('x'),
        padding ? at('room') : 0,
        padding * (pitch + lanes * 4),
        pitch,
        channels,
        filters / groups,
        height,
        width * lanes,
        outHeight,
        row,
        lanes * 4,
        low,
      ],
      expected,
    };
  },
});

export const convKernels = [
  ...convLayoutKernels,
  dense,
  depthwise,
  overPoints('conv_csr_f32', SHAPES),
  overPoints('conv_csr_groups_f32', [...SHAPES, ...GROUPED]),
  blocked('conv_block2_f32', 2),
  blocked('conv_block4_f32', 4),
  overPanels('conv_csr_panels_f32', 1),
  overPanels('conv_block2_panels_f32', 2),
  overPanels('conv_block4_panels_f32', 4),
];
