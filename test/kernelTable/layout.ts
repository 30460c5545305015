/** Samples to tiles and back: exact. */
import { toTiles, transposed } from '../support/tiles.js';
import { blank, grid, kernel } from './row.js';

const SHAPES = grid({
  features: [0, 1, 3, 4, 5, 7, 8, 9, 33],
  samples: [0, 1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 65],
  lanes: [1, 4, 8, 16, 32],
});
const BENCH = { features: 784, samples: 128, lanes: 32 };

interface TileShape {
  readonly features: number;
  readonly samples: number;
  readonly lanes: number;
}

const size = ({ features, samples, lanes }: TileShape): number =>
  Math.ceil(samples / lanes) * features * lanes;

const tile = kernel('tile_f32', {
  shapes: SHAPES,
  bench: BENCH,
  flops: ({ features, samples }) => features * samples,
  setUp(shape, random) {
    const { features, samples, lanes } = shape;
    const x = random.floats(samples * features);
    return {
      inputs: { x },
      outputs: { y: blank(size(shape)) },
      args: (at) => [at('y'), at('x'), features, samples, lanes],
      expected: () => {
        const values = toTiles(transposed(x, samples, features), features, samples, lanes);
        return { y: { values, tolerance: 0 } };
      },
    };
  },
});

const gather = kernel('tile_gather_f32', {
  shapes: grid({
    features: [4, 7, 8, 33],
    every: [1, 2, 3],
    samples: [0, 1, 3, 4, 5, 8, 9, 15, 16, 17, 33],
    lanes: [4, 8, 16, 32],
  }),
  bench: { features: 784, every: 2, samples: 128, lanes: 32 },
  flops: ({ features, every, samples }) => (features * samples) / every,
  setUp({ features, every, samples, lanes }, random) {
    const x = random.floats(samples * features);
    const firsts: number[] = []; // of groups of four; the last one may overlap the one before
    for (let f = 0; f < features; f += 4 * every) firsts.push(Math.min(f, features - 4));
    const chosen = firsts.flatMap((first) => [first, first + 1, first + 2, first + 3]);
    const rows = chosen.length;
    return {
      inputs: { x, list: Uint32Array.from(firsts, (first) => first * 4) },
      outputs: { y: blank(Math.ceil(samples / lanes) * rows * lanes) },
      args: (at) => [at('y'), at('x'), at('list'), firsts.length, features * 4, samples, lanes],
      expected: () => {
        const gathered = chosen.flatMap((f) =>
          Array.from({ length: samples }, (_, s) => x[s * features + f]!),
        );
        return { y: { values: toTiles(gathered, rows, samples, lanes), tolerance: 0 } };
      },
    };
  },
});

const untile = kernel('untile_f32', {
  shapes: SHAPES,
  bench: BENCH,
  flops: ({ features, samples }) => features * samples,
  setUp(shape, random) {
    const { features, samples, lanes } = shape;
    const samplesFirst = random.floats(samples * features);
    const tiles = toTiles(transposed(samplesFirst, samples, features), features, samples, lanes, Number.NaN);
    return {
      inputs: { x: Float32Array.from(tiles) },
      outputs: { y: blank(samples * features) },
      args: (at) => [at('y'), at('x'), features, samples, lanes],
      expected: () => ({ y: { values: samplesFirst, tolerance: 0 } }),
    };
  },
});

export const layoutKernels = [tile, gather, untile];
