/** Products of convolutions whose weights are trained in sparse storage: the dense twins, over weights with their zeros. */
import { maxAbs, productTolerance } from '../support/tolerance.js';
import { convForward, convInputGradient, convLayout, convWeightGradient } from './convGradTwins.js';
import { blank, grid, kernel } from './row.js';
import { storedWeights } from './sparseTraining.js';

const nth = <T>(list: readonly T[], i: number): T => list[i % list.length]!;

/** Kernels of every size, runs of outputs of every length, filters with and without weights. */
const SHAPES = grid({ filters: [1, 2, 5, 7], channels: [1, 3], kh: [1, 2, 3], kw: [1, 2, 5] }).flatMap(
  (shape, i) =>
    [0, 0.5, 0.9, 1].map((sparsity, j) => ({
      ...shape,
      sparsity,
      oh: 1 + ((i + j) % 3),
      ow: nth([1, 2, 3, 4, 9], i + j),
      stride: 1 + (i % 2),
      lanes: nth([8, 16, 32], i + j),
      holes: Math.floor(i / 2) % 2,
      chunk: nth([4, 8, 1, 7, 100], i + 2 * j),
    })),
);

/** LeNet's second convolution. */
const LENET = {
  filters: 50,
  channels: 20,
  kh: 5,
  kw: 5,
  sparsity: 0.9,
  oh: 8,
  ow: 8,
  stride: 1,
  lanes: 8,
  holes: 0,
  chunk: 4,
};

const flops = ({
  filters,
  channels,
  kh,
  kw,
  sparsity,
  oh,
  ow,
  lanes,
}: typeof LENET & { zeroed?: number }): number =>
  2 * filters * channels * kh * kw * (1 - sparsity) * oh * ow * lanes;

const forward = kernel('conv_nn_csr_f32', {
  shapes: SHAPES,
  bench: LENET,
  flops,
  setUp(shape, random) {
    const { filters, chunk } = shape;
    const layout = convLayout(shape);
    const { k, plane, xFloats, offsets, pixels } = layout;
    const { w, values, colIdx, rowPtr } = storedWeights(random, [filters, k], 1, shape);
    const [b, x] = [random.floats(filters), random.floats(xFloats)];
    return {
      inputs: { values, colIdx, rowPtr, b, x, offsets, pixels },
      outputs: { y: blank(filters * plane) },
      args: (at) => [
        at('y'),
        at('values'),
        at('colIdx'),
        at('rowPtr'),
        at('b'),
        at('x'),
        at('offsets'),
        at('pixels'),
        pixels.length / 2,
        filters,
        chunk,
      ],
      expected: () => {
        const tolerance = productTolerance(Math.max(maxAbs(w) * maxAbs(x), maxAbs(b)), k + 1);
        return { y: { values: convForward(w, b, x, layout), tolerance } };
      },
    };
  },
});

const weightGrad = kernel('conv_sddmm_csr_f32', {
  shapes: [
    ...SHAPES.map((shape, i) => ({ ...shape, tiles: nth([1, 2, 0], Math.floor(i / 2)) })),
    // more than one pass over the outputs
    { ...LENET, filters: 4, channels: 1, kh: 1, kw: 2, sparsity: 0, oh: 9, ow: 64, lanes: 32, tiles: 1 },
  ],
  bench: { ...LENET, tiles: 8 },
  flops: (shape) => flops(shape) * shape.tiles,
  setUp(shape, random) {
    const { filters, tiles } = shape;
    const layout = convLayout(shape);
    const { k, plane, xFloats, offsets, runs, runFloats } = layout;
    const { colIdx, rowPtr, places } = storedWeights(random, [filters, k], 1, shape);
    const [dy, x] = [random.floats(tiles * filters * plane), random.floats(tiles * xFloats)];
    return {
      inputs: { colIdx, rowPtr, dy, x, offsets, runs },
      outputs: { dw: blank(places.length) },
      args: (at) => [
        at('dw'),
        at('colIdx'),
        at('rowPtr'),
        at('dy'),
        at('x'),
        at('offsets'),
        at('runs'),
        filters,
        runs.length / 2,
        runFloats,
        plane,
        xFloats * 4,
        filters * plane * 4,
        tiles,
      ],
      expected: () => {
        const dw = convWeightGradient(dy, x, layout, filters, tiles);
        const tolerance = productTolerance(maxAbs(dy) * maxAbs(x), plane * tiles);
        return { dw: { values: Float64Array.from(places, (place) => dw[place]!), tolerance } };
      },
    };
  },
});

const inputGrad = kernel('conv_tn_csr_f32', {
  shapes: SHAPES.map((shape, i) => ({ ...shape, zeroed: i % 5 ? 1 : 0 })),
  bench: { ...LENET, zeroed: 1 },
  flops,
  setUp(shape, random) {
    const { filters, zeroed, chunk } = shape;
    const layout = convLayout(shape);
    const { k, plane, xFloats, offsets, pixels } = layout;
    const { w, values, colIdx, rowPtr } = storedWeights(random, [filters, k], 1, shape);
    const dy = random.floats(filters * plane);
    const dx = zeroed ? new Float32Array(xFloats) : random.floats(xFloats);
    return {
      inputs: { values, colIdx, rowPtr, dy, offsets, pixels },
      outputs: { dx },
      args: (at) => [
        at('dx'),
        at('values'),
        at('colIdx'),
        at('rowPtr'),
        at('dy'),
        at('offsets'),
        at('pixels'),
        pixels.length / 2,
        filters,
        chunk,
      ],
      expected: () => {
        const sums = convInputGradient(w, dy, layout, filters);
        const tolerance = productTolerance(maxAbs(w) * maxAbs(dy) + 1, filters * k);
        return { dx: { values: sums.map((sum, i) => sum + dx[i]!), tolerance } };
      },
    };
  },
});

export const convSparseTrainingKernels = [forward, weightGrad, inputGrad];
