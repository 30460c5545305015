/** Batch normalisation: the same samples in wider tiles give the same bits. */
import { describe, expect, it } from 'vitest';
import { loadBuild, TARGETS } from '../support/builds.js';
import { call, f32 } from '../support/call.js';
import { SeededRandom } from '../support/seededRandom.js';
import { toTiles } from '../support/tiles.js';

const [CHANNELS, PLANE] = [3, 5];

describe.each(TARGETS)('build %s', (target) => {
  const build = loadBuild(target);

  it.each([8, 27, 64])(
    'statistics and gradients do not depend on the width of tiles, %i samples',
    (samples) => {
      const random = new SeededRandom(samples);
      const n = CHANNELS * PLANE * samples;
      const [x, dy] = [random.floats(n, 1, 2), random.floats(n)];
      const scale = random.floats(CHANNELS);
      const run = (lanes: number) => {
        const tiled = (values: Float32Array) => f32(toTiles(values, CHANNELS * PLANE, samples, lanes));
        const each = () => new Float32Array(CHANNELS);
        const sizes = [CHANNELS, PLANE, lanes, Math.ceil(samples / lanes), samples] as const;
        const { mean, inverse } = call(
          build,
          'batch_norm_f32',
          { x: tiled(x), scale },
          { y: tiled(x), mean: each(), inverse: each() },
          (at) => [at('y'), at('x'), at('scale'), at('scale'), at('mean'), at('inverse'), ...sizes, 1e-5],
        );
        const { dscale, dshift } = call(
          build,
          'batch_norm_grad_f32',
          { x: tiled(x), dy: tiled(dy), scale, mean: mean!, inverse: inverse! },
          { dscale: each(), dshift: each() },
          (at) => {
            const buffers = ['dscale', 'dshift', 'dy', 'x', 'scale', 'mean', 'inverse'] as const;
            const [s, h, g, i, w, m, v] = buffers.map(at) as [
              number,
              number,
              number,
              number,
              number,
              number,
              number,
            ];
            return [0, s, h, g, i, w, m, v, ...sizes];
          },
        );
        return { mean, inverse, dscale, dshift };
      };
      for (const lanes of [16, 32]) expect(run(lanes)).toEqual(run(8));
    },
  );
});
