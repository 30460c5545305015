/** Gradients of convolutions. */
import { maxAbs, productTolerance } from '../support/tolerance.js';
import { convInputGradient, convLayout, convWeightGradient, interior } from './convGradTwins.js';
import { blank, grid, kernel } from './row.js';

/** LeNet's second convolution, of one tile. */
const LENET = { channels: 20, kh: 5, kw: 5, oh: 8, ow: 8, stride: 1, lanes: 8, filters: 50 };

const weightGrad = kernel('conv_weight_grad_f32', {
  shapes: [
    ...grid({ filters: [1, 2, 3, 4, 5, 6, 7, 8], channels: [1, 2], kh: [1, 2], kw: [1, 2, 3, 5] }).map(
      (shape, i) => ({
        ...shape,
        ...{
          oh: 1 + (i % 3),
          ow: 1 + (i % 4),
          stride: 1 + (i % 2),
          lanes: [8, 16, 32][i % 3]!,
          tiles: 1 + (i % 2),
        },
      }),
    ),
    // more than one pass over the outputs, and no tile
    { filters: 4, channels: 1, kh: 1, kw: 2, oh: 9, ow: 64, stride: 1, lanes: 32, tiles: 1 },
    { filters: 3, channels: 1, kh: 2, kw: 2, oh: 2, ow: 2, stride: 1, lanes: 8, tiles: 0 },
  ],
  bench: { ...LENET, tiles: 8 },
  flops: ({ filters, channels, kh, kw, oh, ow, lanes, tiles }) =>
    2 * filters * channels * kh * kw * oh * ow * lanes * tiles,
  setUp(shape, random) {
    const { filters, tiles } = shape;
    const layout = convLayout(shape);
    const { k, plane, xFloats, offsets, runs, runFloats } = layout;
    const [dy, x] = [random.floats(tiles * filters * plane), random.floats(tiles * xFloats)];
    return {
      inputs: { dy, x, offsets, runs },
      outputs: { dw: blank(filters * k) },
      args: (at) => [
        at('dw'),
        at('dy'),
        at('x'),
        at('offsets'),
        at('runs'),
        filters,
        k,
        runs.length / 2,
        runFloats,
        plane,
        xFloats * 4,
        filters * plane * 4,
        tiles,
      ],
      expected: () => {
        const tolerance = productTolerance(maxAbs(dy) * maxAbs(x), plane * tiles);
        return { dw: { values: convWeightGradient(dy, x, layout, filters, tiles), tolerance } };
      },
    };
  },
});

/** W^T by fives of rows as [filters][5], the last block behind zeros; fewer than five rows as [filters][rows]. */
function packTransposed(w: ArrayLike<number>, filters: number, k: number): Float32Array {
  if (k < 5) return Float32Array.from(w);
  const blocks: number[] = [];
  for (let j = 0; j < k; j += 5) {
    const first = Math.min(j, k - 5);
    for (let f = 0; f < filters; f++) {
      for (let r = first; r < first + 5; r++) blocks.push(r < j ? 0 : w[f * k + r]!);
    }
  }
  return Float32Array.from(blocks);
}

const pack = kernel('conv_pack_transposed_f32', {
  shapes: grid({ filters: [0, 1, 2, 5, 9], k: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 25] }),
  bench: { filters: 50, k: 500 },
  flops: ({ filters, k }) => filters * k,
  setUp({ filters, k }, random) {
    const w = random.floats(filters * k);
    const expected = packTransposed(w, filters, k);
    return {
      inputs: { w },
      outputs: { to: blank(expected.length) },
      args: (at) => [at('to'), at('w'), filters, k],
      expected: () => ({ to: { values: expected, tolerance: 0 } }),
    };
  },
});

const inputGrad = kernel('conv_input_grad_f32', {
  shapes: [
    ...grid({ filters: [1, 2, 5, 7], channels: [1, 3], kh: [1, 2, 3], kw: [1, 2, 3, 5] }).map((shape, i) => ({
      ...shape,
      ...{ oh: 1 + (i % 3), ow: 1 + (i % 4), stride: 1 + (i % 2), lanes: [8, 16, 32][i % 3]! },
      ...{ chunk: [1, 3, 4, 64][i % 4]!, zeroed: i % 5 ? 1 : 0 },
    })),
  ],
  bench: { ...LENET, chunk: 16, zeroed: 1 },
  flops: ({ filters, channels, kh, kw, oh, ow, lanes }) => 2 * filters * channels * kh * kw * oh * ow * lanes,
  setUp(shape, random) {
    const { filters, chunk, zeroed } = shape;
    const layout = convLayout(shape);
    const { k, plane, xFloats, offsets, pixels } = layout;
    const count = pixels.length / 2;
    const [w, dy] = [random.floats(filters * k), random.floats(filters * plane)];
    const dx = zeroed ? new Float32Array(xFloats) : random.floats(xFloats);
    return {
      inputs: { wt: packTransposed(w, filters, k), dy, offsets, pixels },
      outputs: { dx, scratch: blank(Math.min(chunk, count) * filters * 8) },
      args: (at) => [
        at('dx'),
        at('wt'),
        at('dy'),
        at('offsets'),
        at('pixels'),
        at('scratch'),
        filters,
        k,
        count,
        plane,
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

const unstage = kernel('conv_unstage_f32', {
  shapes: grid({
    channels: [1, 3],
    height: [1, 4],
    width: [1, 5],
    lanes: [8, 16, 32],
    top: [0, 2],
    left: [0, 1],
    below: [0, 1],
    right: [0, 3],
  }),
  bench: { channels: 64, height: 28, width: 28, lanes: 8, top: 1, left: 1, below: 1, right: 1 },
  flops: ({ channels, height, width, lanes }) => channels * height * width * lanes,
  setUp(shape, random) {
    const { channels, height, width, lanes, top, left, below, right } = shape;
    const [stagedHeight, stagedWidth] = [height + top + below, width + left + right];
    const y = random.floats(channels * stagedHeight * stagedWidth * lanes);
    return {
      inputs: { y },
      outputs: { x: blank(channels * height * width * lanes) },
      args: (at) => [at('x'), at('y'), channels, height, width, lanes, top, left, stagedHeight, stagedWidth],
      expected: () => ({ x: { values: interior(shape).map((i) => y[i]!), tolerance: 0 } }),
    };
  },
});

export const convGradKernels = [weightGrad, pack, inputGrad, unstage];
