/** Convolutions that the kernels are tested with: shapes, weights, operands, and what must come out. */
import { type ConvShape, layoutOf, type Points, staged } from '../support/convLists.js';
import type { SeededRandom } from '../support/seededRandom.js';
import { maxAbs, productTolerance } from '../support/tolerance.js';
import { convolution } from './convTwins.js';
import { blank, grid } from './row.js';

/** A shape as the table has it: all numbers, so that its title tells them. */
export type Shape = { [Key in keyof ConvShape]: number } & Record<
  'sparsity' | 'holes' | 'relu' | 'chunk',
  number
>;

const KERNELS = [
  [1, 1],
  [3, 3],
  [5, 5],
  [2, 3],
] as const;

const nth = <T>(list: readonly T[], i: number): T => list[i % list.length]!;

/** Every kernel, stride, padding, dilation and width; the rest goes round. */
export const SHAPES: Shape[] = grid({
  kernel: [0, 1, 2, 3],
  stride: [1, 2, 3],
  padding: [0, 1, 2],
  dilation: [1, 2],
})
  .flatMap((axes) => [1, 3, 7, 8, 9, 14, 24].map((width) => ({ ...axes, width })))
  .map(({ kernel: which, stride, padding, dilation, width }, i) => {
    const [kernelHeight, kernelWidth] = KERNELS[which]!;
    return {
      channels: nth([1, 2, 3], i),
      height: dilation * (kernelHeight - 1) + nth([1, 2, 0, 4], i),
      width,
      filters: 1 + (i % 13),
      kernelHeight,
      kernelWidth,
      stride,
      padding,
      dilation,
      groups: 1,
      lanes: nth([1, 4, 8, 16, 32], i),
      sparsity: nth([0.5, 0.9, 0, 1], i),
      holes: Math.floor(i / 4) % 2,
      relu: Math.floor(i / 2) % 2,
      chunk: nth([1, 2, 5], Math.floor(i / 3)),
    };
  })
  .filter((shape) => {
    const { outHeight, outWidth } = layoutOf(shape);
    return shape.height > 0 && outHeight > 0 && outWidth > 0;
  });

/** Groups of one or more channels, all in one call. */
export const GROUPED: Shape[] = SHAPES.flatMap((shape, i) =>
  i % 5 === 0 ? [{ ...shape, channels: 6, filters: nth([6, 12], i), groups: nth([6, 3], i) }] : [],
);

export const BENCH: Shape = {
  channels: 64,
  height: 28,
  width: 28,
  filters: 64,
  kernelHeight: 3,
  kernelWidth: 3,
  stride: 1,
  padding: 1,
  dilation: 1,
  groups: 1,
  lanes: 8,
  sparsity: 0.9,
  holes: 0,
  relu: 1,
  chunk: 8,
};

/** Operations of the weights that are left. */
export const flops = (shape: Shape): number =>
  2 * shape.filters * layoutOf(shape).k * (1 - shape.sparsity) * layoutOf(shape).plane;

/** Weights in blocks of `height` filters, about `sparsity` of them zero; each third row of blocks is empty if `holes`. */
export function weights(random: SeededRandom, shape: Shape, height: number): Float32Array {
  const { k } = layoutOf(shape);
  const keep = random.mask(Math.ceil(shape.filters / height) * k, shape.sparsity);
  return random.floats(shape.filters * k).map((value, i) => {
    const group = Math.floor(Math.floor(i / k) / height);
    return keep[group * k + (i % k)] && !(shape.holes && group % 3 === 1) ? value : 0;
  });
}

/** What the table shares: operands, their twin in the rows of `points`, its tolerance. */
export function product(shape: Shape, w: Float32Array, random: SeededRandom, points?: Points) {
  const { channels, height, width, filters, lanes, relu } = shape;
  const { k, row, plane } = layoutOf(shape);
  const pitch = points?.pitch ?? row;
  const low = relu ? 0 : -Infinity;
  const b = random.floats(filters);
  const x = random.floats(channels * height * width * lanes);
  return {
    low,
    plane: points?.plane ?? plane,
    /** x before zeros stand around it. */
    image: x,
    inputs: { b, x: staged(shape, x, pitch - row) },
    outputs: { y: blank(((filters * plane) / row) * pitch) },
    expected: () => {
      const y = convolution(shape, w, b, x, low);
      const bound = productTolerance(Math.max(maxAbs(w) * maxAbs(x), maxAbs(b)), k + 1);
      const values = Float64Array.from({ length: (y.length / row) * pitch }, (_, i) =>
        i % pitch < row ? y[Math.floor(i / pitch) * row + (i % pitch)]! : 0,
      );
      // What lies behind a row is cropped: anything may be there.
      const tolerance = (_: number, i: number) => (i % pitch < row ? bound : Infinity);
      return { y: { values, tolerance } };
    },
  };
}
