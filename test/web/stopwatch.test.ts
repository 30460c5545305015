import { describe, expect, test } from 'vitest';
import { median, microsOf } from '../../web/stopwatch.js';

/** A clock that ticks in steps, and work that takes its time. */
function fake(tick: number, cost: number) {
  let time = 0.37;
  return {
    now: () => {
      time += 0.00005; // looking at the clock takes time too
      return Math.floor(time / tick) * tick;
    },
    run: () => {
      time += cost;
    },
  };
}

describe('microsOf', () => {
  test.each([
    ['a fine clock', 0.005],
    ['the clock of Chrome', 0.1],
    ['the clock of Safari and Firefox', 1],
  ])('is within a few percent on %s', (_, tick) => {
    for (const micros of [2, 5, 20, 60, 430, 890, 1900]) {
      const { now, run } = fake(tick, micros / 1000);
      const found = microsOf(run, 3, now);
      expect(Math.abs(found / micros - 1)).toBeLessThan(0.05);
    }
  });

  test('makes at least one loop of calls when one takes longer than a slice', () => {
    const { now, run } = fake(0.1, 50);
    expect(microsOf(run, 3, now)).toBeCloseTo(50_000, -2);
  });
});

test('median is the middle one, or between the two in the middle', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([7])).toBe(7);
});
