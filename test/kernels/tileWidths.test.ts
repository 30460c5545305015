/** Kernels of training that add over samples: the same samples in wider tiles give the same bits. */
import { describe, expect, it } from 'vitest';
import { loadBuild, TARGETS } from '../support/builds.js';
import { call, f32 } from '../support/call.js';
import { SeededRandom } from '../support/seededRandom.js';
import { toTiles } from '../support/tiles.js';

const FEATURES = 5;
const PLACES = 64; // a multiple of every width
const WIDTHS = [16, 32];
const LOSSES = ['mean_squared_error_f32', 'binary_cross_entropy_f32', 'soft_cross_entropy_f32'] as const;

describe.each(TARGETS)('build %s', (target) => {
  const build = loadBuild(target);
  const random = new SeededRandom(7);
  const x = random.floats(FEATURES * PLACES, 0.01, 0.99);
  const t = random.floats(FEATURES * PLACES, 0, 1);
  const tiles = (values: Float32Array, lanes: number) => f32(toTiles(values, FEATURES, PLACES, lanes));

  /** dx as [features, samples] and the loss, for tiles of so many lanes. */
  function lossOf(name: (typeof LOSSES)[number], lanes: number, n: number) {
    const inputs = { x: tiles(x, lanes), t: tiles(t, lanes) };
    const { dx, result } = call(build, name, inputs, { dx: new Float32Array(x.length) }, (at) => [
      at('dx'),
      at('x'),
      at('t'),
      FEATURES,
      lanes,
      n,
      0.3,
    ]);
    return { dx: fromTiles(dx!, lanes), result };
  }

  /** The inverse of tiles(). */
  function fromTiles(y: ArrayLike<number>, lanes: number): Float32Array {
    return Float32Array.from({ length: FEATURES * PLACES }, (_, i) => {
      const [f, s] = [Math.floor(i / PLACES), i % PLACES];
      return y[(Math.floor(s / lanes) * FEATURES + f) * lanes + (s % lanes)]!;
    });
  }

  it.each(WIDTHS)('losses of values, %i lanes', (lanes) => {
    for (const name of LOSSES) {
      for (const samples of [1, 8, 29, 64]) {
        expect(lossOf(name, lanes, samples), `${name} ${samples}`).toEqual(lossOf(name, 8, samples));
      }
    }
  });

  it.each(WIDTHS)('softmax and cross-entropy, counts, %i lanes', (lanes) => {
    const labels = Int32Array.from({ length: PLACES }, (_, s) =>
      s < 37 ? random.below(FEATURES + 1) - 1 : -1,
    );
    const run = (width: number) => {
      const inputs = { x: tiles(x, width), labels };
      const count = call(build, 'count_correct_f32', inputs, {}, (at) => [
        at('x'),
        at('labels'),
        FEATURES,
        width,
        PLACES / width,
      ]);
      const loss = call(
        build,
        'softmax_cross_entropy_f32',
        inputs,
        { dx: new Float32Array(x.length) },
        (at) => [at('dx'), at('x'), at('labels'), FEATURES, width, PLACES / width, 0.3],
      );
      return { dx: fromTiles(loss.dx!, width), loss: loss.result, correct: count.result };
    };
    expect(run(lanes)).toEqual(run(8));
  });

  it.each(WIDTHS)('sums of rows, gradient of softmax, %i lanes', (lanes) => {
    const run = (width: number) => {
      const inputs = { x: tiles(x, width), t: tiles(t, width) };
      const { y } = call(build, 'row_sums_f32', inputs, { y: new Float32Array(FEATURES) }, (at) => [
        at('y'),
        at('x'),
        FEATURES,
        width,
        PLACES / width,
      ]);
      const { dx } = call(build, 'softmax_grad_f32', inputs, { dx: new Float32Array(x.length) }, (at) => [
        at('dx'),
        at('x'),
        at('t'),
        FEATURES,
        width,
        PLACES / width,
      ]);
      return { y, dx: fromTiles(dx!, width) };
    };
    expect(run(lanes)).toEqual(run(8));
  });
});
