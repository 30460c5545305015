/** Softmax, losses with their gradients, and the count of correct samples. */
import { toTiles } from '../support/tiles.js';
import { EPS, relative } from '../support/tolerance.js';
import {
  binaryCrossEntropy,
  countCorrect,
  meanSquaredError,
  softCrossEntropy,
  softmax,
  softmaxCrossEntropy,
  softmaxGradient,
} from './lossTwins.js';
import { blank, grid, kernel } from './row.js';

const LOSS_SHAPES = {
  features: [1, 2, 3, 5, 10],
  samples: [0, 1, 3, 4, 5, 7, 8, 9, 16, 23, 35],
  lanes: [8, 16, 32],
};
const BENCH = { features: 10, samples: 128, lanes: 8 };
const SCALE = Math.fround(1 / 23);

const softmaxRow = kernel('softmax_f32', {
  shapes: grid({
    features: [0, 1, 2, 3, 10, 33],
    lanes: [1, 2, 3, 4, 5, 8, 16, 32],
    tiles: [0, 1, 3],
    inPlace: [0, 1],
  }),
  bench: { features: 10, lanes: 32, tiles: 4, inPlace: 0 },
  flops: ({ features, lanes, tiles }) => features * lanes * tiles * 25,
  setUp({ features, lanes, tiles, inPlace }, random) {
    const samples = lanes * tiles;
    const x = random.floats(features * samples, -10, 10);
    const tiled = Float32Array.from(toTiles(x, features, samples, lanes));
    return {
      inputs: { x: tiled },
      outputs: { y: inPlace ? tiled.slice() : blank(x.length) },
      args: (at) => [at('y'), at(inPlace ? 'y' : 'x'), features, lanes, tiles],
      // x - max is off by up to eps / 2 of 20, which e^x turns into a relative error of ten eps
      expected: () => ({
        y: {
          values: toTiles(softmax(x, samples), features, samples, lanes),
          tolerance: relative(14 + features),
        },
      }),
    };
  },
});

const softmaxGrad = kernel('softmax_grad_f32', {
  shapes: grid({ features: [0, 1, 2, 3, 10, 33], lanes: [8, 16, 32], tiles: [0, 1, 3], inPlace: [0, 1] }),
  bench: { features: 10, lanes: 8, tiles: 16, inPlace: 0 },
  flops: ({ features, lanes, tiles }) => features * tiles * lanes * 4,
  setUp({ features, lanes, tiles, inPlace }, random) {
    const samples = tiles * lanes;
    const y = Float32Array.from(softmax(random.floats(features * samples, -3, 3), samples));
    const dy = random.floats(y.length);
    const tiled = Float32Array.from(toTiles(dy, features, samples, lanes));
    return {
      inputs: { dy: tiled, y: Float32Array.from(toTiles(y, features, samples, lanes)) },
      outputs: { dx: inPlace ? tiled.slice() : blank(dy.length) },
      args: (at) => [at('dx'), at(inPlace ? 'dx' : 'dy'), at('y'), features, lanes, tiles],
      expected: () => {
        const values = toTiles(softmaxGradient(dy, y, samples), features, samples, lanes);
        return { dx: { values, tolerance: (features + 4) * EPS } };
      },
    };
  },
});

const crossEntropy = kernel('softmax_cross_entropy_f32', {
  shapes: grid({ ...LOSS_SHAPES, hole: [0, 1] }),
  bench: { ...BENCH, hole: 0 },
  flops: ({ features, samples }) => features * samples * 28,
  setUp({ features, samples, lanes, hole }, random) {
    const places = Math.ceil(samples / lanes) * lanes;
    // a hole is a lane without sample among the others; lanes at the end hold garbage
    const labels = Int32Array.from({ length: places }, (_, s) =>
      s >= samples || (hole && s % 3 === 1) ? -1 : random.below(features),
    );
    const x = random.floats(features * places, -10, 10);
    return {
      inputs: { x: Float32Array.from(toTiles(x, features, places, lanes)), labels },
      outputs: { dx: blank(x.length) },
      args: (at) => [at('dx'), at('x'), at('labels'), features, lanes, places / lanes, SCALE],
      expected: () => {
        const { loss, dx } = softmaxCrossEntropy(x, labels, SCALE);
        return {
          dx: { values: toTiles(dx, features, places, lanes), tolerance: SCALE * (features + 14) * EPS },
          result: { values: [loss], tolerance: places * 30 * EPS },
        };
      },
    };
  },
});

const squaredError = kernel('mean_squared_error_f32', {
  shapes: grid(LOSS_SHAPES),
  bench: BENCH,
  flops: ({ features, samples }) => features * samples * 4,
  setUp({ features, samples, lanes }, random) {
    const [x, t] = [random.floats(features * samples), random.floats(features * samples)];
    return {
      inputs: {
        x: Float32Array.from(toTiles(x, features, samples, lanes, Number.NaN)), // nothing is in the other lanes
        t: Float32Array.from(toTiles(t, features, samples, lanes, Number.NaN)),
      },
      outputs: { dx: blank(Math.ceil(samples / lanes) * lanes * features) },
      args: (at) => [at('dx'), at('x'), at('t'), features, lanes, samples, SCALE],
      expected: () => {
        const { loss, dx } = meanSquaredError(x, t, features, SCALE);
        return {
          dx: { values: toTiles(dx, features, samples, lanes), tolerance: relative(4) },
          result: { values: [loss], tolerance: relative(features + 6) },
        };
      },
    };
  },
});

const crossEntropyOfTwo = kernel('binary_cross_entropy_f32', {
  shapes: grid({ ...LOSS_SHAPES, soft: [0, 1] }),
  bench: { ...BENCH, soft: 0 },
  flops: ({ features, samples }) => features * samples * 70,
  setUp({ features, samples, lanes, soft }, random) {
    const n = features * samples;
    const x = random.floats(n, 0, 1).map((p, i) => (i % 11 === 5 ? 0 : i % 11 === 9 ? 1 : p));
    const t = random.floats(n, 0, 1).map((p) => (soft ? p : Math.round(p)));
    return {
      inputs: {
        x: Float32Array.from(toTiles(x, features, samples, lanes, Number.NaN)),
        t: Float32Array.from(toTiles(t, features, samples, lanes, Number.NaN)),
      },
      outputs: { dx: blank(Math.ceil(samples / lanes) * lanes * features) },
      args: (at) => [at('dx'), at('x'), at('t'), features, lanes, samples, SCALE],
      expected: () => {
        const { loss, dx } = binaryCrossEntropy(x, t, features, SCALE);
        // p - t and 1 - p round once each, relative to their own size
        return {
          dx: { values: toTiles(dx, features, samples, lanes), tolerance: relative(8) },
          result: { values: [loss], tolerance: relative(features + 8, samples * 2 * EPS) },
        };
      },
    };
  },
});

const softTargets = kernel('soft_cross_entropy_f32', {
  shapes: grid({ ...LOSS_SHAPES, soft: [0, 1] }),
  bench: { ...BENCH, soft: 1 },
  flops: ({ features, samples }) => features * samples * 32,
  setUp({ features, samples, lanes, soft }, random) {
    const n = features * samples;
    const x = random.floats(n, -10, 10);
    const t = random.floats(n, 0, 1).map((share) => (soft ? share : Math.round(share)));
    return {
      inputs: {
        x: Float32Array.from(toTiles(x, features, samples, lanes, Number.NaN)),
        t: Float32Array.from(toTiles(t, features, samples, lanes, Number.NaN)),
      },
      outputs: { dx: blank(Math.ceil(samples / lanes) * lanes * features) },
      args: (at) => [at('dx'), at('x'), at('t'), features, lanes, samples, SCALE],
      expected: () => {
        const { loss, dx } = softCrossEntropy(x, t, samples, SCALE);
        // targets need not add up to 1: their sum, up to `features`, multiplies every error
        return {
          dx: {
            values: toTiles(dx, features, samples, lanes),
            tolerance: SCALE * features * (features + 16) * EPS,
          },
          result: { values: [loss], tolerance: samples * features * 40 * EPS },
        };
      },
    };
  },
});

const correct = kernel('count_correct_f32', {
  shapes: grid({ classes: [1, 2, 3, 10], samples: [0, 1, 7, 8, 9, 23], lanes: [8, 16, 32], ties: [0, 1] }),
  bench: { classes: 10, samples: 128, lanes: 8, ties: 0 },
  flops: ({ classes, samples }) => classes * samples,
  setUp({ classes, samples, lanes, ties }, random) {
    const places = Math.ceil(samples / lanes) * lanes;
    const x = random.floats(classes * places).map((value) => (ties ? Math.round(value) : value));
    if (x.length > 0) x[random.below(x.length)] = Number.NaN;
    const labels = Int32Array.from({ length: places }, (_, s) => (s < samples ? random.below(classes) : -1));
    return {
      inputs: { x: Float32Array.from(toTiles(x, classes, places, lanes)), labels },
      outputs: {},
      args: (at) => [at('x'), at('labels'), classes, lanes, places / lanes],
      expected: () => ({ result: { values: [countCorrect(x, labels)], tolerance: 0 } }),
    };
  },
});

export const lossKernels = [
  softmaxRow,
  softmaxGrad,
  crossEntropy,
  squaredError,
  crossEntropyOfTwo,
  softTargets,
  correct,
];
