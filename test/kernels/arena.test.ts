/** The guards themselves: what they are there for is seen. */
import { expect, it } from 'vitest';
import { runGuarded } from '../support/arena.js';
import { loadBuild } from '../support/builds.js';

const build = loadBuild('simd');
const x = Float32Array.of(1, -2, 3);

it('a write past the end of an output is reported', () => {
  const run = () =>
    runGuarded(build, {
      name: 'abs_f32',
      inputs: { x },
      outputs: { y: new Float32Array(3) },
      args: (at) => [at('y'), at('x'), 4],
    });
  expect(run).toThrow('abs_f32: only outputs may change, got a write to byte 12 of y (12 bytes)');
});

it('a changed input is reported', () => {
  const run = () =>
    runGuarded(build, { name: 'abs_f32', inputs: { x }, outputs: {}, args: (at) => [at('x'), at('x'), 3] });
  expect(run).toThrow('abs_f32: only outputs may change, got a write to byte 7 of x (12 bytes)');
});

it('a read past the end of an input spoils the outcome', () => {
  const y = new Float32Array(1);
  const { outputs } = runGuarded(build, {
    name: 'gemv_f32',
    inputs: { x, w: Float32Array.of(1, 1, 1, 1) },
    outputs: { y },
    args: (at) => [at('y'), at('w'), 0, at('x'), 1, 4, -Infinity],
  });
  expect(outputs.y).toEqual(Float32Array.of(Number.NaN));
});
