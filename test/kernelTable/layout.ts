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

export const layoutKernels = [tile, untile];
