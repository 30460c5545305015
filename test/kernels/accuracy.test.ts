/** How far the exponentials are from float64, measured over dense samples of their whole range. */
import { describe, expect, it } from 'vitest';
import { activations } from '../kernelTable/activations.js';
import { runGuarded } from '../support/arena.js';
import { loadBuild } from '../support/builds.js';
import { TINY, ulp } from '../support/tolerance.js';

const build = loadBuild('simd');
const COUNT = 40_000;

/** Largest distance in ulps over `COUNT` points from low to high; results below the normal range are left out. */
function worst(
  name: 'sigmoid_f32' | 'tanh_f32',
  twin: (x: number) => number,
  low: number,
  high: number,
): number {
  const x = Float32Array.from({ length: COUNT }, (_, i) => low + ((high - low) * i) / (COUNT - 1));
  const { outputs } = runGuarded(build, {
    name,
    inputs: { x },
    outputs: { y: new Float32Array(COUNT) },
    args: (at) => [at('y'), at('x'), COUNT],
  });
  return x.reduce((most, value, i) => {
    const expected = twin(value);
    if (Math.abs(expected) < TINY) return most;
    return Math.max(most, Math.abs(outputs.y![i]! - expected) / ulp(expected));
  }, 0);
}

/** As worst, for e^x: softmax of [x, 0] is e^x / (1 + e^x), and for x <= -18 the divisor is 1. */
function worstExp(low: number, high: number): number {
  const x = Float32Array.from({ length: 2 * COUNT }, (_, i) =>
    i < COUNT ? low + ((high - low) * i) / COUNT : 0,
  );
  const { outputs } = runGuarded(build, {
    name: 'softmax_f32',
    inputs: { x },
    outputs: { y: new Float32Array(2 * COUNT) },
    args: (at) => [at('y'), at('x'), 2, COUNT, 1],
  });
  let most = 0;
  for (let i = 0; i < COUNT; i++) {
    const expected = Math.exp(x[i]!);
    most = Math.max(most, Math.abs(outputs.y![i]! - expected) / ulp(expected));
  }
  return most;
}

describe('exponentials against float64', () => {
  it.each([
    ['sigmoid_f32', activations.sigmoid.value, -87, 20, 3],
    ['sigmoid_f32', activations.sigmoid.value, -1, 1, 3],
    ['tanh_f32', activations.tanh.value, -10, 10, 3],
    ['tanh_f32', activations.tanh.value, -0.7, 0.7, 3],
    ['tanh_f32', activations.tanh.value, -1e-3, 1e-3, 3],
  ] as const)('%s is within a few ulps', (name, twin, low, high, ulps) => {
    expect(worst(name, twin, low, high)).toBeLessThanOrEqual(ulps);
  });

  it('e^x is within two ulps, down through the denormals', () => {
    expect(worstExp(-87, -18)).toBeLessThanOrEqual(2);
    expect(worstExp(-110, -87)).toBeLessThanOrEqual(2);
  });
});
