/** Pooling: the same bits at every width of tile, and what NaN does. */
import { describe, expect, it } from 'vitest';
import { POOLS } from '../kernelTable/images.js';
import { geometry, windowsOf } from '../kernelTable/imageTwins.js';
import { loadBuild, TARGETS } from '../support/builds.js';
import { call, f32 } from '../support/call.js';
import { SeededRandom } from '../support/seededRandom.js';
import { toTiles } from '../support/tiles.js';

const { NaN: nan } = Number;
const POOLING = ['max_pool_f32', 'avg_pool_f32'] as const;

describe.each(TARGETS)('build %s', (target) => {
  const build = loadBuild(target);

  it.each(POOLING)('%s gives the same bits at every width of tile', (name) => {
    const [channels, samples] = [2, 32];
    for (const [seed, shape] of POOLS.entries()) {
      const windows = windowsOf(shape);
      const features = channels * windows.height * windows.width;
      const outputs = channels * windows.outHeight * windows.outWidth;
      const x = new SeededRandom(seed).floats(features * samples);
      const run = (lanes: number): Float32Array => {
        const y = new Float32Array(outputs * samples);
        const tiled = f32(toTiles(x, features, samples, lanes));
        const after = call(build, name, { x: tiled }, { y }, (at) => [
          at('y'),
          at('x'),
          ...geometry(channels, windows),
          lanes,
          samples / lanes,
        ]);
        return after.y as Float32Array;
      };
      const one = fromTiles(run(1), outputs, samples, 1);
      for (const lanes of [4, 8, 16, 32]) {
        const wide = fromTiles(run(lanes), outputs, samples, lanes);
        expect(wide, `${lanes} lanes, ${JSON.stringify(shape)}`).toEqual(one);
      }
    }
  });

  it.each([1, 4, 8])('max_pool keeps NaN wherever it lies in a window, %i lanes', (lanes) => {
    const windows = windowsOf({ outHeight: 1, outWidth: 5, kh: 2, kw: 2, sh: 2, sw: 2 });
    const upper = [nan, 1, 1, nan, 1, 1, 1, 1, -Infinity, -Infinity];
    const lower = [1, 1, 1, 1, nan, 1, 1, nan, -Infinity, -Infinity];
    const x = f32([...upper, ...lower].flatMap((value) => new Array<number>(lanes).fill(value)));
    const { y } = call(build, 'max_pool_f32', { x }, { y: new Float32Array(5 * lanes) }, (at) => [
      at('y'),
      at('x'),
      ...geometry(1, windows),
      lanes,
      1,
    ]);
    const expected = [nan, nan, nan, nan, -Infinity];
    expect([...y!]).toEqual(expected.flatMap((value) => new Array<number>(lanes).fill(value)));
  });

  it('max_pool_grad gives all to the first maximum, nothing to what no window reads, nothing below NaN', () => {
    const windows = windowsOf({ outHeight: 1, outWidth: 3, kh: 2, kw: 2, sh: 1, sw: 2, over: 1 });
    const wide = (values: readonly number[]) =>
      f32(values.flatMap((value) => new Array<number>(8).fill(value)));
    const x = wide([5, 5, -1, 2, 0, nan, 9, 5, 5, 2, 2, 0, 0, 9, 9, 9, 9, 9, 9, 9, 9]);
    const inputs = { dy: wide([1, 2, 4]), x, y: wide([5, 2, nan]) };
    const { dx } = call(build, 'max_pool_grad_f32', inputs, { dx: new Float32Array(x.length) }, (at) => [
      at('dx'),
      at('dy'),
      at('x'),
      at('y'),
      ...geometry(1, windows),
      8,
      1,
    ]);
    const expected = new Array<number>(21).fill(0);
    [expected[0], expected[3]] = [1, 2];
    expect(dx).toEqual(wide(expected));
  });
});

/** The inverse of toTiles. */
function fromTiles(y: ArrayLike<number>, features: number, samples: number, lanes: number): Float32Array {
  return Float32Array.from({ length: features * samples }, (_, i) => {
    const [f, s] = [Math.floor(i / samples), i % samples];
    return y[(Math.floor(s / lanes) * features + f) * lanes + (s % lanes)]!;
  });
}
