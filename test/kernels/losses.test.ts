/** Softmax, losses and counts: huge and broken logits, lanes without a sample. */
import { describe, expect, it } from 'vitest';
import { loadBuild, TARGETS } from '../support/builds.js';
import { call, f32 } from '../support/call.js';
import { agrees, ulps } from '../support/tolerance.js';

const { NaN: nan } = Number;

describe.each(TARGETS)('build %s', (target) => {
  const build = loadBuild(target);

  /** Loss and gradient of one tile of two classes, logits by sample. */
  function crossEntropy(logits: readonly (readonly number[])[], labels: readonly number[]) {
    const x = new Float32Array(16);
    logits.forEach((sample, s) => {
      sample.forEach((value, c) => {
        x[c * 8 + s] = value;
      });
    });
    const l = Int32Array.from({ length: 8 }, (_, s) => labels[s] ?? -1);
    return call(build, 'softmax_cross_entropy_f32', { x, l }, { dx: x.slice() }, (at) => [
      at('dx'),
      at('x'),
      at('l'),
      2,
      8,
      1,
      1,
    ]);
  }

  it('softmax of huge logits is stable, equal ones share, NaN spreads over its own lane alone', () => {
    // features [3], lanes [4]
    const x = f32([3e38, -3e38, 1000, nan, -3e38, -3e38, 1000, 1, 0, -3e38, -Infinity, 2]);
    const y = [...call(build, 'softmax_f32', { x }, { y: f32(x) }, (at) => [at('y'), at('x'), 3, 4, 1]).y!];
    const third = Math.fround(1 / 3);
    expect(y).toEqual([1, third, 0.5, nan, 0, third, 0.5, nan, 0, third, 0, nan]);
  });

  it('cross-entropy of huge logits is finite and right', () => {
    const { result, dx } = crossEntropy(
      [
        [1e30, -1e30],
        [-1e4, 1e4],
      ],
      [0, 0],
    );
    expect(result).toBe(20000);
    expect([dx![0], dx![8], dx![1], dx![9]]).toEqual([0, 0, -1, 1]);
  });

  it.each([nan, Infinity])('a logit of %s gives a loss that is not a finite number', (bad) => {
    expect(Number.isFinite(crossEntropy([[bad, 0]], [0]).result)).toBe(false);
    expect(Number.isFinite(crossEntropy([[bad, 0]], [1]).result)).toBe(false);
    expect(
      Number.isFinite(
        crossEntropy(
          [
            [1, 0],
            [0, bad],
            [0, 1],
          ],
          [0, 0, 1],
        ).result,
      ),
    ).toBe(false);
  });

  it('a logit of -Infinity costs infinitely much where it is the label', () => {
    expect(crossEntropy([[-Infinity, 0]], [0]).result).toBe(Infinity);
    expect(crossEntropy([[-Infinity, 0]], [1]).result).toBe(0);
    expect(crossEntropy([[-Infinity, -Infinity]], [0]).result).toBe(nan);
  });

  it('lanes without a sample give neither loss nor gradient, whatever they hold', () => {
    const { result, dx } = crossEntropy(
      [
        [nan, 1],
        [0, 0],
        [Infinity, nan],
      ],
      [-1, 1, -1],
    );
    expect(agrees(result, Math.log(2), ulps(1))).toBe(true);
    expect([...dx!]).toEqual([0, 0.5, 0, 0, 0, 0, 0, 0, 0, -0.5, 0, 0, 0, 0, 0, 0]);
  });

  it.each(['mean_squared_error_f32', 'binary_cross_entropy_f32', 'soft_cross_entropy_f32'] as const)(
    '%s tells NaN and infinite',
    (name) => {
      for (const [x, t] of [
        [nan, 0],
        [Infinity, 0],
        [0.5, nan],
        [0.5, Infinity],
      ] as const) {
        const inputs = { x: new Float32Array(8).fill(0.5), t: new Float32Array(8) };
        inputs.x[2] = x;
        inputs.t[2] = t;
        const run = (samples: number) =>
          call(build, name, inputs, { dx: new Float32Array(8) }, (at) => [
            at('dx'),
            at('x'),
            at('t'),
            1,
            8,
            samples,
            1,
          ]);
        expect(Number.isFinite(run(3).result), `x ${x}, t ${t}`).toBe(false);
        const without = run(2);
        expect(Number.isFinite(without.result)).toBe(true);
        expect([...without.dx!].slice(2).every((value) => value === 0)).toBe(true);
      }
    },
  );

  it('binary cross-entropy of certainty is finite', () => {
    const x = f32([0, 1, 0, 1, 0, 0, 0, 0]);
    const t = f32([0, 1, 1, 0, 0, 0, 0, 0]);
    const { result, dx } = call(build, 'binary_cross_entropy_f32', { x, t }, { dx: f32(x) }, (at) => [
      at('dx'),
      at('x'),
      at('t'),
      1,
      8,
      4,
      1,
    ]);
    expect(result).toBeGreaterThan(31);
    expect(result).toBeLessThan(33);
    expect([...dx!].every(Number.isFinite)).toBe(true);
  });

  it('soft cross-entropy of one-hot targets is that of labels, for huge logits too', () => {
    const x = f32([1e30, -1e4, 1, 0, 0, 0, 0, 0, -1e30, 1e4, 1, -Infinity, 0, 0, 0, 0]);
    const t = f32([1, 1, 0.25, 1, 0, 0, 0, 0, 0, 0, 0.75, 0, 0, 0, 0, 0]);
    const { result, dx } = call(build, 'soft_cross_entropy_f32', { x, t }, { dx: f32(x) }, (at) => [
      at('dx'),
      at('x'),
      at('t'),
      2,
      8,
      4,
      1,
    ]);
    expect(agrees(result, 20000 + Math.log(2), ulps(1))).toBe(true);
    expect([...dx!]).toEqual([0, -1, 0.25, 0, 0, 0, 0, 0, 0, 1, -0.25, 0, 0, 0, 0, 0]);
  });

  it('count_correct: the lower class wins ties, NaN never wins', () => {
    // classes [3], lanes [8]: by sample [1,1,0], [nan,1,2], [nan,nan,nan], [2,nan,1], then no sample
    const x = f32([1, nan, nan, 2, 0, 0, 0, 0, 1, 1, nan, nan, 0, 0, 0, 0, 0, 2, nan, 1, 0, 0, 0, 0]);
    const correct = (...labels: number[]) => {
      const l = Int32Array.from({ length: 8 }, (_, s) => labels[s] ?? -1);
      return call(build, 'count_correct_f32', { x, l }, {}, (at) => [at('x'), at('l'), 3, 8, 1]).result;
    };
    expect(correct(0, 2, 0, 0)).toBe(3);
    expect(correct(1, 0, 1, 1)).toBe(0);
    expect(correct()).toBe(0);
  });
});
