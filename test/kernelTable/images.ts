/** Kernels over images: pooling, scale and shift by channel, sums of branches. */
import { EPS, productTolerance } from '../support/tolerance.js';
import { atLeast } from './denseTwins.js';
import { affine, eachWindow, geometry, windowsOf } from './imageTwins.js';
import { blank, grid, kernel, LENGTHS, type Shape } from './row.js';

/** Windows of every kind: square and not, overlapping and apart, with pixels left over, whole images. */
export const POOLS: readonly Shape[] = [
  ...grid({ outHeight: [1, 3], outWidth: [1, 3, 4, 5, 9], kh: [2], kw: [2], sh: [2], sw: [2], over: [0, 1] }),
  ...grid({
    outHeight: [2],
    outWidth: [1, 4, 7],
    kh: [1, 2, 3],
    kw: [2, 3],
    sh: [1, 2],
    sw: [1, 2, 3],
    over: [0],
  }),
  ...[1, 2, 3, 5, 7].map((size) => ({
    outHeight: 1,
    outWidth: 1,
    kh: size,
    kw: size + 1,
    sh: 1,
    sw: 1,
    over: 0,
  })),
];
const POOL_BENCH = { outHeight: 12, outWidth: 12, kh: 2, kw: 2, sh: 2, sw: 2, over: 0 };

/** Each of POOLS at each width of tile. */
function pools(widths: readonly number[]): Shape[] {
  return POOLS.flatMap((pool) =>
    widths.flatMap((lanes) => [
      { ...pool, lanes, channels: 3, tiles: 1 },
      ...(lanes < 16 ? [{ ...pool, lanes, channels: 1, tiles: 2 }] : []),
    ]),
  );
}
const WIDTHS = [1, 4, 8, 16, 32];
const inputsOf = (shape: Shape, planes: number): number => {
  const { outHeight, outWidth, kernelHeight, kernelWidth } = windowsOf(shape);
  return outHeight * outWidth * kernelHeight * kernelWidth * shape.lanes! * planes;
};

const [maxPool, avgPool] = (['max_pool_f32', 'avg_pool_f32'] as const).map((name) =>
  kernel(name, {
    shapes: pools(WIDTHS),
    bench: { ...POOL_BENCH, lanes: 8, channels: 20, tiles: 1 },
    flops: (shape) => inputsOf(shape, shape.channels! * shape.tiles!),
    setUp(shape, random) {
      const [channels, tiles, lanes] = [shape.channels!, shape.tiles!, shape.lanes!];
      const windows = windowsOf(shape);
      const planes = channels * tiles;
      const x = random.floats(planes * windows.height * windows.width * lanes);
      const n = planes * windows.outHeight * windows.outWidth * lanes;
      return {
        inputs: { x },
        outputs: { y: blank(n) },
        args: (at) => [at('y'), at('x'), ...geometry(channels, windows), lanes, tiles],
        expected: () => {
          const y = new Float64Array(n);
          eachWindow(windows, planes, lanes, (o, inputs) => {
            const values = inputs.map((i) => x[i]!);
            const sum = values.reduce((total, value) => total + value, 0);
            y[o] = name === 'max_pool_f32' ? Math.max(...values) : sum / values.length;
          });
          const count = windows.kernelHeight * windows.kernelWidth;
          return { y: { values: y, tolerance: name === 'max_pool_f32' ? 0 : (count + 1) * EPS } };
        },
      };
    },
  }),
);

/** x with many equal values, so that windows hold their maximum more than once. */
const ties = (x: Float32Array): Float32Array => x.map((value) => Math.round(value * 2) / 2);

const maxPoolGrad = kernel('max_pool_grad_f32', {
  shapes: pools([8, 16, 32]),
  bench: { ...POOL_BENCH, lanes: 8, channels: 20, tiles: 1 },
  flops: (shape) => inputsOf(shape, shape.channels! * shape.tiles!),
  setUp(shape, random) {
    const [channels, tiles, lanes] = [shape.channels!, shape.tiles!, shape.lanes!];
    const windows = windowsOf(shape);
    const planes = channels * tiles;
    const x = ties(random.floats(planes * windows.height * windows.width * lanes));
    const dy = random.floats(planes * windows.outHeight * windows.outWidth * lanes);
    const [y, dx] = [new Float32Array(dy.length), new Float64Array(x.length)];
    eachWindow(windows, planes, lanes, (o, inputs) => {
      y[o] = Math.max(...inputs.map((i) => x[i]!));
      dx[inputs.find((i) => x[i] === y[o])!]! += dy[o]!;
    });
    return {
      inputs: { dy, x, y },
      outputs: { dx: blank(x.length) },
      args: (at) => [at('dx'), at('dy'), at('x'), at('y'), ...geometry(channels, windows), lanes, tiles],
      expected: () => ({ dx: { values: dx, tolerance: 8 * EPS } }),
    };
  },
});

const maxPoolPick = kernel('max_pool_pick_f32', {
  shapes: pools([8, 16, 32]),
  bench: { ...POOL_BENCH, lanes: 8, channels: 20, tiles: 1 },
  flops: (shape) => inputsOf(shape, shape.channels! * shape.tiles!),
  setUp(shape, random) {
    const [channels, tiles, lanes] = [shape.channels!, shape.tiles!, shape.lanes!];
    const windows = windowsOf(shape);
    const planes = channels * tiles;
    const x = ties(random.floats(planes * windows.height * windows.width * lanes));
    const z = random.floats(x.length);
    const y = new Float32Array(planes * windows.outHeight * windows.outWidth * lanes);
    const to = new Float64Array(y.length);
    eachWindow(windows, planes, lanes, (o, inputs) => {
      y[o] = Math.max(...inputs.map((i) => x[i]!));
      to[o] = z[inputs.find((i) => x[i] === y[o])!]!;
    });
    return {
      inputs: { z, x, y },
      outputs: { to: blank(y.length) },
      args: (at) => [at('to'), at('z'), at('x'), at('y'), ...geometry(channels, windows), lanes, tiles],
      expected: () => ({ to: { values: to, tolerance: 0 } }),
    };
  },
});

const avgPoolGrad = kernel('avg_pool_grad_f32', {
  shapes: pools([8, 16, 32]),
  bench: { ...POOL_BENCH, lanes: 8, channels: 20, tiles: 1 },
  flops: (shape) => inputsOf(shape, shape.channels! * shape.tiles!),
  setUp(shape, random) {
    const [channels, tiles, lanes] = [shape.channels!, shape.tiles!, shape.lanes!];
    const windows = windowsOf(shape);
    const planes = channels * tiles;
    const n = planes * windows.height * windows.width * lanes;
    const dy = random.floats(planes * windows.outHeight * windows.outWidth * lanes);
    return {
      inputs: { dy },
      outputs: { dx: blank(n) },
      args: (at) => [at('dx'), at('dy'), ...geometry(channels, windows), lanes, tiles],
      expected: () => {
        const dx = new Float64Array(n);
        eachWindow(windows, planes, lanes, (o, inputs) => {
          for (const i of inputs) dx[i]! += dy[o]! / inputs.length;
        });
        return { dx: { values: dx, tolerance: 8 * EPS } };
      },
    };
  },
});

const affineRow = kernel('affine_f32', {
  shapes: [
    ...grid({ channels: [1, 3], plane: LENGTHS.slice(1), tiles: [1, 2], relu: [0, 1], inPlace: [0] }),
    ...grid({ channels: [0, 2], plane: [1, 3, 4, 7, 64], tiles: [0, 1, 3], relu: [0], inPlace: [1] }),
  ],
  bench: { channels: 64, plane: 6272, tiles: 1, relu: 1, inPlace: 0 },
  flops: ({ channels, plane, tiles }) => 2 * channels * plane * tiles,
  setUp({ channels, plane, tiles, relu, inPlace }, random) {
    const low = relu ? 0 : -Infinity;
    const x = random.floats(channels * plane * tiles);
    const [scale, shift] = [random.floats(channels), random.floats(channels)];
    return {
      inputs: { scale, shift, ...(inPlace ? {} : { x }) },
      outputs: { y: inPlace ? Float32Array.from(x) : blank(x.length) },
      args: (at) => [at('y'), at(inPlace ? 'y' : 'x'), at('scale'), at('shift'), channels, plane, tiles, low],
      expected: () => ({
        y: { values: affine(x, scale, shift, plane, low), tolerance: productTolerance(1, 2) },
      }),
    };
  },
});

const add = kernel('add_f32', {
  // into: 0 a buffer of its own, 1 over a, 2 over b
  shapes: grid({ n: LENGTHS, relu: [0, 1], into: [0, 1, 2] }),
  bench: { n: 50176, relu: 1, into: 0 },
  flops: ({ n }) => n,
  setUp({ n, relu, into }, random) {
    const low = relu ? 0 : -Infinity;
    const [a, b] = [random.floats(n), random.floats(n)];
    const own = { a: into === 1 ? 'y' : 'a', b: into === 2 ? 'y' : 'b' };
    return {
      inputs: { ...(into === 1 ? {} : { a }), ...(into === 2 ? {} : { b }) },
      outputs: { y: Float32Array.from(into === 1 ? a : into === 2 ? b : blank(n)) },
      args: (at) => [at('y'), at(own.a), at(own.b), n, low],
      expected: () => ({
        y: { values: a.map((value, i) => atLeast(value + b[i]!, low)), tolerance: 0 },
      }),
    };
  },
});

export const imageKernels = [maxPool!, avgPool!, maxPoolGrad, maxPoolPick, avgPoolGrad, affineRow, add];
