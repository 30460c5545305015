import { expect, test } from 'vitest';
import { Pace } from '../../web/pace.js';

/** A pace over steps that take so many milliseconds each, of 64 samples. */
function after(steps: readonly number[]): number {
  let time = 5;
  const pace = new Pace(() => time);
  for (const step of steps) {
    time += step;
    pace.add(64);
  }
  return pace.perSecond;
}

test('is what is done in a second', () => {
  expect(after([])).toBe(0);
  expect(after([10])).toBe(6400);
  expect(after([10, 20, 10, 24])).toBe(4000);
});

test('leaves out the minutes in which the tab was frozen', () => {
  expect(after([10, 10, 600_000, 10])).toBe(6400);
  expect(after([1, 1, 1001, 1, 1])).toBe(64_000);
});

test('is slow where every step is', () => {
  expect(after([1000, 1000])).toBe(64);
  expect(after([2000])).toBe(32);
});
