/** Gradients by central differences, in float64. */
import { expect } from 'vitest';

/** (f(x + e) - f(x - e)) / 2e for each element of x; x is as before afterwards. */
export function finiteDifference(f: () => number, x: Float64Array, step = 1e-6): Float64Array {
  return x.map((value, i) => {
    x[i] = value + step;
    const up = f();
    x[i] = value - step;
    const down = f();
    x[i] = value;
    return (up - down) / (2 * step);
  });
}

/** Asserts |actual - expected| <= 1e-7 + 1e-5 |expected| for each element. */
export function expectGradient(actual: Float64Array, expected: Float64Array): void {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < actual.length; i++) {
    expect(Math.abs(actual[i]! - expected[i]!), `element ${i}`).toBeLessThanOrEqual(
      1e-7 + 1e-5 * Math.abs(expected[i]!),
    );
  }
}
