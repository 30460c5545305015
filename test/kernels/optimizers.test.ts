/** Fifty steps of each optimizer beside its float64 twin: rounding must not pile up. */
import { describe, expect, it } from 'vitest';
import {
  type AdamOptions,
  adam,
  adamScalars,
  asFloats,
  type SgdOptions,
  sgd,
} from '../kernelTable/optimizers.js';
import { runGuarded } from '../support/arena.js';
import { loadBuild, TARGETS } from '../support/builds.js';
import { SeededRandom } from '../support/seededRandom.js';

const STEPS = 50;
const LENGTHS = [0, 1, 3, 4, 5, 67];

const SGD: Record<string, SgdOptions> = {
  plain: { learningRate: 0.1, momentum: 0, nesterov: false, weightDecay: 0 },
  decay: { learningRate: 0.1, momentum: 0, nesterov: false, weightDecay: 0.01 },
  momentum: { learningRate: 0.05, momentum: 0.9, nesterov: false, weightDecay: 0 },
  'momentum and decay': { learningRate: 0.05, momentum: 0.9, nesterov: false, weightDecay: 0.01 },
  nesterov: { learningRate: 0.05, momentum: 0.9, nesterov: true, weightDecay: 0 },
  'nesterov and decay': { learningRate: 0.05, momentum: 0.9, nesterov: true, weightDecay: 0.01 },
};

const moments = { learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
const ADAM: Record<string, AdamOptions> = {
  Adam: { ...moments, l2: 0, weightDecay: 0 },
  'Adam with l2': { ...moments, l2: 0.01, weightDecay: 0 },
  AdamW: { ...moments, l2: 0, weightDecay: 0.01 },
};

/** Gradient at step t, the same for both sides: noise whose scale differs from element to element. */
const gradientAt = (t: number, n: number): Float32Array =>
  new SeededRandom(1000 + t).floats(n).map((value, i) => value * 10 ** ((i % 5) - 3));

function expectClose(actual: ArrayLike<number>, expected: Float64Array, bound: number): void {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) {
    expect(Math.abs(actual[i]! - expected[i]!), `element ${i}`).toBeLessThanOrEqual(bound);
  }
}

describe.each(TARGETS)('build %s', (target) => {
  const build = loadBuild(target);

  describe.each(Object.entries(SGD))('sgd, %s', (_, options) => {
    it.each(LENGTHS)(`follows its twin for ${STEPS} steps, n = %i`, (n) => {
      let [w, v] = [new SeededRandom(n).floats(n), new Float32Array(n)];
      const [w64, v64] = [Float64Array.from(w), new Float64Array(n)];
      const { learningRate, momentum, nesterov, weightDecay } = options;
      for (let t = 1; t <= STEPS; t++) {
        const g = gradientAt(t, n);
        sgd(w64, g, momentum ? v64 : null, asFloats(options));
        const { outputs } = runGuarded(build, {
          name: 'sgd_f32',
          inputs: { g },
          outputs: { w, v },
          args: (at) => [
            at('w'),
            at('g'),
            momentum ? at('v') : 0,
            n,
            learningRate,
            momentum,
            Number(nesterov),
            weightDecay,
          ],
        });
        [w, v] = [outputs.w as Float32Array<ArrayBuffer>, outputs.v as Float32Array<ArrayBuffer>];
      }
      expectClose(w, w64, 2e-5);
      expectClose(v, v64, 2e-5);
    });
  });

  describe.each(Object.entries(ADAM))('%s', (_, options) => {
    it.each(LENGTHS)(`follows its twin for ${STEPS} steps, n = %i`, (n) => {
      let [w, m, v] = [new SeededRandom(n).floats(n), new Float32Array(n), new Float32Array(n)];
      const state = { w: Float64Array.from(w), m: new Float64Array(n), v: new Float64Array(n) };
      for (let t = 1; t <= STEPS; t++) {
        const g = gradientAt(t, n);
        adam(state, g, t, asFloats(options));
        const { outputs } = runGuarded(build, {
          name: 'adam_f32',
          inputs: { g },
          outputs: { w, m, v },
          args: (at) => [at('w'), at('g'), at('m'), at('v'), n, ...adamScalars(t, options)],
        });
        [w, m, v] = [outputs.w, outputs.m, outputs.v] as Float32Array<ArrayBuffer>[] as [
          typeof w,
          typeof m,
          typeof v,
        ];
      }
      expectClose(w, state.w, 5e-6);
      expectClose(m, state.m, 5e-6);
      expectClose(v, state.v, 5e-5);
    });
  });
});
