/** Batch normalisation and its gradients. */
import type { SeededRandom } from '../support/seededRandom.js';
import { toTiles } from '../support/tiles.js';
import { EPS, relative } from '../support/tolerance.js';
import { blank, grid, kernel, type Shape } from './row.js';

const EPSILON = Math.fround(1e-3);

const SHAPES = [
  ...grid({ channels: [1, 3], plane: [1, 2, 9], lanes: [8], samples: [1, 3, 4, 8, 13, 24] }),
  ...grid({ channels: [2], plane: [1, 5], lanes: [16, 32], samples: [1, 7, 17, 31, 33, 64] }),
];
const BENCH = { channels: 64, plane: 196, lanes: 8, samples: 64 };

/** What belongs to a channel, and the values of its samples; places without a sample hold NaN or `empty`. */
function batch(shape: Shape, random: SeededRandom, empty = Number.NaN) {
  const [channels, plane, lanes, samples] = [shape.channels!, shape.plane!, shape.lanes!, shape.samples!];
  const tensor = (low: number, high: number) => random.floats(channels * plane * samples, low, high);
  const tiled = (values: ArrayLike<number>, fill = empty) =>
    Float32Array.from(toTiles(values, channels * plane, samples, lanes, fill));
  const ofChannel = (low: number, high: number) => random.floats(channels, low, high);
  const tiles = Math.ceil(samples / lanes);
  return { channels, plane, lanes, samples, tiles, tensor, tiled, ofChannel };
}

/** Whether a float of tiles belongs to a sample. */
const isSample = ({ channels, plane, lanes, samples }: Shape, i: number): boolean =>
  Math.floor(i / (lanes! * channels! * plane!)) * lanes! + (i % lanes!) < samples!;

const sumOf = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((sum, value) => sum + value, 0);

/** Sums of a product over samples and pixels, by channel. */
function channelSums(n: number, each: (c: number, i: number) => number, channels: number): Float64Array {
  return Float64Array.from({ length: channels }, (_, c) =>
    sumOf(Float64Array.from({ length: n }, (_, i) => each(c, c * n + i))),
  );
}

const forward = kernel('batch_norm_f32', {
  shapes: SHAPES,
  bench: BENCH,
  flops: ({ channels, plane, samples }) => 7 * channels * plane * samples,
  setUp(shape, random) {
    const { channels, plane, lanes, samples, tiles, tensor, tiled, ofChannel } = batch(shape, random);
    const n = plane * samples;
    const x = tensor(2, 5); // far from zero: one pass would lose digits
    const [scale, shift] = [ofChannel(-2, 2), ofChannel(-1, 1)];
    const tiledX = tiled(x);
    return {
      inputs: { scale, shift, x: tiledX },
      outputs: { y: blank(tiledX.length), mean: blank(channels), inverse: blank(channels) },
      args: (at) => [
        at('y'),
        at('x'),
        at('scale'),
        at('shift'),
        at('mean'),
        at('inverse'),
        channels,
        plane,
        lanes,
        tiles,
        samples,
        EPSILON,
      ],
      expected: () => {
        const mean = channelSums(n, (_, i) => x[i]! / n, channels);
        const variance = channelSums(n, (c, i) => (x[i]! - mean[c]!) ** 2 / n, channels);
        const inverse = variance.map((value) => 1 / Math.sqrt(value + EPSILON));
        const y = Float64Array.from(x, (value, i) => {
          const c = Math.floor(i / n);
          return (value - mean[c]!) * inverse[c]! * scale[c]! + shift[c]!;
        });
        return {
          mean: { values: mean, tolerance: relative(8 + plane) },
          inverse: { values: inverse, tolerance: relative(64 + 8 * plane) },
          y: { values: tiled(y), tolerance: relative(64 + 8 * plane, 1e-4) },
        };
      },
    };
  },
});

const running = kernel('batch_norm_running_f32', {
  shapes: grid({ channels: [0, 1, 2, 5], count: [1, 2, 100], flat: [0, 1] }),
  bench: { channels: 64, count: 6272, flat: 0 },
  flops: ({ channels }) => 10 * channels,
  setUp({ channels, count, flat }, random) {
    const momentum = Math.fround(0.1);
    const mean = random.floats(channels);
    // flat: a variance of zero, of which rounding would leave less
    const variance = random.floats(channels, flat ? 0 : 0.1, flat ? 0 : 2);
    const inverse = variance.map((value) => (flat ? 1.0001 : 1) / Math.sqrt(value + EPSILON));
    const [runningMean, runningVariance] = [random.floats(channels), random.floats(channels, 0.5, 1)];
    const join = (old: number, now: number) => (1 - momentum) * old + momentum * now;
    return {
      inputs: { mean, inverse },
      outputs: { runningMean, runningVariance },
      args: (at) => [
        at('runningMean'),
        at('runningVariance'),
        at('mean'),
        at('inverse'),
        channels,
        count,
        EPSILON,
        momentum,
      ],
      expected: () => ({
        runningMean: { values: runningMean.map((old, c) => join(old, mean[c]!)), tolerance: EPS },
        runningVariance: {
          values: runningVariance.map((old, c) =>
            join(old, variance[c]! * (count > 1 ? count / (count - 1) : 1)),
          ),
          tolerance: 4 * EPS,
        },
      }),
    };
  },
});

/** Shapes by where dx goes: 0 a buffer of its own, 1 over dy, 2 nowhere. */
const INTO = SHAPES.map((shape, i) => ({ ...shape, into: i % 3 }));

const gradient = kernel('batch_norm_grad_f32', {
  shapes: INTO,
  bench: { ...BENCH, into: 0 },
  flops: ({ channels, plane, samples }) => 9 * channels * plane * samples,
  setUp(shape, random) {
    const { channels, plane, lanes, samples, tiles, tensor, tiled, ofChannel } = batch(shape, random);
    const { into } = shape;
    const n = plane * samples;
    const [x, dy] = [tensor(-1, 1), tensor(-1, 1)];
    const [scale, mean, inverse] = [ofChannel(-2, 2), ofChannel(-1, 1), ofChannel(0.5, 2)];
    const tiledDy = tiled(dy, 0);
    return {
      inputs: { scale, mean, inverse, x: tiled(x), ...(into === 1 ? {} : { dy: tiledDy }) },
      outputs: {
        dx: into === 1 ? tiledDy : blank(tiledDy.length),
        dscale: blank(channels),
        dshift: blank(channels),
      },
      args: (at) => [
        into === 2 ? 0 : at('dx'),
        at('dscale'),
        at('dshift'),
        at(into === 1 ? 'dx' : 'dy'),
        at('x'),
        at('scale'),
        at('mean'),
        at('inverse'),
        channels,
        plane,
        lanes,
        tiles,
        samples,
      ],
      expected: () => {
        const hat = (c: number, i: number) => (x[i]! - mean[c]!) * inverse[c]!;
        const dshift = channelSums(n, (_, i) => dy[i]!, channels);
        const dscale = channelSums(n, (c, i) => dy[i]! * hat(c, i), channels);
        const dx = Float64Array.from(dy, (value, i) => {
          const c = Math.floor(i / n);
          const inner = n * value - dshift[c]! - hat(c, i) * dscale[c]!;
          return ((scale[c]! * inverse[c]!) / n) * inner;
        });
        const tolerance = 8 * (n + 8) * EPS;
        return {
          dshift: { values: dshift, tolerance },
          dscale: { values: dscale, tolerance },
          ...(into === 2 ? {} : { dx: { values: tiled(dx, 0), tolerance: 64 * EPS * (plane + 8) } }),
        };
      },
    };
  },
});

const frozen = kernel('batch_norm_frozen_grad_f32', {
  shapes: INTO,
  bench: { ...BENCH, into: 0 },
  flops: ({ channels, plane, samples }) => 5 * channels * plane * samples,
  setUp(shape, random) {
    const { channels, plane, lanes, samples, tiles, tensor, tiled, ofChannel } = batch(shape, random, 0.5);
    const { into } = shape;
    const n = plane * samples;
    const [x, dy] = [tensor(-1, 1), tensor(-1, 1)];
    const [scale, mean, variance] = [ofChannel(-2, 2), ofChannel(-1, 1), ofChannel(0.1, 2)];
    const tiledDy = tiled(dy, 0);
    return {
      inputs: { scale, mean, variance, x: tiled(x), ...(into === 1 ? {} : { dy: tiledDy }) },
      outputs: {
        dx: into === 1 ? tiledDy : blank(tiledDy.length),
        dscale: blank(channels),
        dshift: blank(channels),
      },
      args: (at) => [
        into === 2 ? 0 : at('dx'),
        at('dscale'),
        at('dshift'),
        at(into === 1 ? 'dx' : 'dy'),
        at('x'),
        at('scale'),
        at('mean'),
        at('variance'),
        channels,
        plane,
        lanes,
        tiles,
        EPSILON,
      ],
      expected: () => {
        const inverse = Float64Array.from(variance, (value) => 1 / Math.sqrt(value + EPSILON));
        const dx = tiledDy.map((value, i) => {
          const c = Math.floor(i / (plane * lanes)) % channels;
          return isSample(shape, i) ? value * scale[c]! * inverse[c]! : 0;
        });
        const dscale = channelSums(n, (c, i) => dy[i]! * (x[i]! - mean[c]!) * inverse[c]!, channels);
        const tolerance = 8 * (n + 8) * EPS;
        return {
          dshift: { values: channelSums(n, (_, i) => dy[i]!, channels), tolerance },
          dscale: { values: dscale, tolerance },
          ...(into === 2 ? {} : { dx: { values: dx, tolerance: relative(4) } }),
        };
      },
    };
  },
});

export const batchNormKernels = [forward, running, gradient, frozen];
