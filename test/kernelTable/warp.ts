/** Images read through a map, and the smooth fields that distort them. */
import { EPS } from '../support/tolerance.js';
import { blank, grid, kernel } from './row.js';

/** A pixel of a plane, 0 beyond its borders. */
const pixel = (x: ArrayLike<number>, height: number, width: number, row: number, col: number) =>
  row < 0 || row >= height || col < 0 || col >= width ? 0 : x[row * width + col]!;

/** Between the four pixels around a place. */
function between(x: ArrayLike<number>, height: number, width: number, row: number, col: number): number {
  const [top, left] = [Math.floor(row), Math.floor(col)];
  const [down, right] = [row - top, col - left];
  const at = (r: number, c: number) => pixel(x, height, width, top + r, left + c);
  return (
    (1 - down) * ((1 - right) * at(0, 0) + right * at(0, 1)) +
    down * ((1 - right) * at(1, 0) + right * at(1, 1))
  );
}

const SIDES = [1, 2, 3, 4, 5, 8, 9];

const warp = kernel('warp_f32', {
  shapes: [
    ...grid({ channels: [1, 3], height: SIDES, width: SIDES, displaced: [0, 1], inPlace: [0, 1], far: [0] }),
    ...grid({ channels: [0, 2], height: [5], width: [7], displaced: [0, 1], inPlace: [0], far: [1] }),
  ],
  bench: { channels: 1, height: 28, width: 28, displaced: 1, inPlace: 1, far: 0 },
  flops: ({ channels, height, width }) => 30 * channels * height * width,
  setUp({ channels, height, width, displaced, inPlace, far }, random) {
    const size = height * width;
    const x = random.floats(channels * size);
    const turn = random.floats(6, -1.5, 1.5);
    const map = far
      ? Float32Array.of(1, 0, -3e9, 1e30, 1, 2e9)
      : turn.map((v, i) => (i % 3 === 2 ? 3 * v : v));
    const field = random.floats(2 * size, -2, 2);
    return {
      inputs: inPlace ? { map, field } : { x, map, field },
      outputs: { y: inPlace ? x.slice() : blank(channels * size), padded: blank((height + 3) * (width + 3)) },
      args: (at) => [
        at('y'),
        at(inPlace ? 'y' : 'x'),
        at('map'),
        displaced ? at('field') : 0,
        at('padded'),
        channels,
        height,
        width,
      ],
      expected: () => {
        const values = Float64Array.from(x, (_, i) => {
          const [plane, r, c] = [Math.floor(i / size), Math.floor((i % size) / width), i % width];
          const read = (k: number) =>
            map[k]! * r +
            map[k + 1]! * c +
            map[k + 2]! +
            (displaced ? field[(k / 3) * size + (i % size)]! : 0);
          return between(x.subarray(plane * size, (plane + 1) * size), height, width, read(0), read(3));
        });
        return { y: { values, tolerance: 8 * EPS * (8 + 2 * height + 2 * width) } };
      },
    };
  },
});

const weight = (d: number, sigma: number) => Math.exp((-d * d) / (2 * sigma * sigma));

/** Rows of weights by phase, as defined. */
function phases(spacing: number, reach: number, sigma: number): number[] {
  let sum = 0;
  for (let d = -spacing * reach; d <= spacing * reach; d++) sum += weight(d, sigma);
  return Array.from({ length: spacing * (2 * reach + 2) }, (_, i) => {
    const [phase, tap] = [Math.floor(i / (2 * reach + 2)), i % (2 * reach + 2)];
    return (Math.sqrt(spacing) * weight(spacing * (tap - reach) - phase, sigma)) / sum;
  });
}

const gaussian = kernel('gaussian_phases_f32', {
  shapes: grid({ spacing: [1, 2, 3, 4, 7], reach: [1, 3, 6], sigma: [0.5, 1, 2.5, 7.9] }),
  bench: { spacing: 4, reach: 3, sigma: 4 },
  flops: ({ spacing, reach }) => 40 * spacing * (3 * reach + 2),
  setUp: ({ spacing, reach, sigma }) => ({
    inputs: {},
    outputs: { y: blank(spacing * (2 * reach + 2)) },
    args: (at) => [at('y'), spacing, reach, sigma],
    expected: () => ({ y: { values: phases(spacing, reach, sigma), tolerance: 64 * EPS } }),
  }),
});

const upsample = kernel('upsample_rows_f32', {
  shapes: grid({
    rows: [0, 1, 3, 4, 5, 9],
    cols: [0, 1, 3, 4, 7, 15, 16, 17, 33, 39],
    spacing: [1, 2, 3, 4],
    taps: [2, 8],
  }),
  bench: { rows: 28, cols: 28, spacing: 4, taps: 8 },
  flops: ({ rows, cols, taps }) => 2 * rows * cols * taps,
  setUp({ rows, cols, spacing, taps }, random) {
    const x = random.floats((Math.floor(Math.max(0, rows - 1) / spacing) + taps) * cols);
    const weights = random.floats(spacing * taps);
    return {
      inputs: { x, weights },
      outputs: { y: blank(rows * cols) },
      args: (at) => [at('y'), at('x'), at('weights'), rows, cols, spacing, taps],
      expected: () => {
        const values = Float64Array.from({ length: rows * cols }, (_, i) => {
          const [row, col] = [Math.floor(i / cols), i % cols];
          const [first, phase] = [Math.floor(row / spacing), row % spacing];
          let sum = 0;
          for (let tap = 0; tap < taps; tap++) {
            sum += weights[phase * taps + tap]! * x[(first + tap) * cols + col]!;
          }
          return sum;
        });
        return { y: { values, tolerance: (taps + 1) * 2 * EPS } };
      },
    };
  },
});

export const warpKernels = [warp, gaussian, upsample];
