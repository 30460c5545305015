import { describe, expect, test } from 'vitest';
import { cosine, cubic, linear, OptionError, stepDecay, warmup } from '../../src/index.js';
import { toSchedule } from '../../src/schedules/index.js';

describe('schedules', () => {
  test('linear holds its start, falls in a straight line, and holds its end', () => {
    const schedule = linear({ start: 2, end: 1, steps: 10, begin: 5 });
    expect([0, 5, 10, 15, 1000].map(schedule)).toEqual([2, 2, 1.5, 1, 1]);
    expect(linear({ start: 0.1, end: 0.3, steps: 4 })(2)).toBeCloseTo(0.2, 14);
  });

  test('cosine follows Math.cos to 1e-12, and is held before and after', () => {
    const schedule = cosine({ start: 3, end: 1, steps: 1000, begin: 100 });
    for (let step = 0; step <= 1000; step++) {
      expect(Math.abs(schedule(100 + step) - (2 + Math.cos((Math.PI * step) / 1000)))).toBeLessThan(1e-12);
    }
    expect([0, 100, 600, 1100, 5000].map(schedule)).toEqual([3, 3, expect.closeTo(2, 11), 1, 1]);
    expect(cosine({ start: 1, steps: 2 })(9)).toBe(0);
  });

  test('cubic rises fast first, then slowly, and is held before and after', () => {
    const schedule = cubic({ end: 0.8, steps: 4, begin: 2 });
    expect([0, 2, 6, 60].map(schedule)).toEqual([0, 0, 0.8, 0.8]);
    expect(schedule(4)).toBeCloseTo(0.8 * (1 - 0.125), 14);
    expect(schedule(3)).toBeCloseTo(0.8 * (1 - 27 / 64), 14);
    expect(cubic({ start: 0.2, end: 0.8, steps: 4 })(0)).toBeCloseTo(0.2, 14);
  });

  test('stepDecay multiplies once every so many steps', () => {
    const schedule = stepDecay({ start: 8, factor: 0.5, every: 10 });
    expect([0, 9, 10, 19, 20, 30].map(schedule)).toEqual([8, 8, 4, 4, 2, 1]);
    expect(stepDecay({ start: 1, every: 3 })(3)).toBeCloseTo(0.1, 14);
    expect(stepDecay({ start: 1, factor: 0, every: 3 })(1e9)).toBe(0);
  });

  test('warmup rises to the first value of what follows, and goes on with it', () => {
    const schedule = warmup(4, linear({ start: 1, end: 0, steps: 10 }));
    expect([0, 1, 3, 4, 9, 14].map(schedule)).toEqual([0.25, 0.5, 1, 1, 0.5, 0]);
    expect([0, 1, 2, 100].map(warmup(2, 0.5))).toEqual([0.25, 0.5, 0.5, 0.5]);
  });

  test('a number is a constant schedule, and a function is one already', () => {
    const own = (step: number) => step;
    expect(toSchedule('here', 0.5)(7)).toBe(0.5);
    expect(toSchedule('here', own)).toBe(own);
    for (const bad of [-1, Number.NaN, Infinity, '1', null, undefined, {}]) {
      expect(() => toSchedule('here', bad)).toThrow(OptionError);
    }
  });

  test('unknown options and values out of range are refused with rule and value', () => {
    const refused: [() => unknown, RegExp][] = [
      [() => linear({ start: 1, end: 0, step: 3 } as never), /^linear: option .*got "step" \(did you mean "/],
      [() => linear({ start: 1, end: 0, steps: 0 }), /^linear: steps must be a whole number >= 1, got 0/],
      [() => cosine({ start: Number.NaN, steps: 3 }), /^cosine: start must be a finite number, got NaN/],
      [() => cubic({ end: 1, steps: 3, begin: -1 }), /^cubic: begin must be .*got -1/],
      [() => stepDecay({ start: 1, every: 1.5 }), /^stepDecay: every must be .*got 1.5/],
      [() => stepDecay({ start: 1, factor: 2, every: 1 }), /^stepDecay: factor must be in \[0, 1\], got 2/],
      [() => warmup(0, 1), /^warmup: steps must be .*got 0/],
      [() => warmup(2, 'x' as never), /^warmup: then.*got "x"/],
      [() => cosine(undefined as never), /^cosine: options must be an object, got undefined/],
    ];
    for (const [call, message] of refused) {
      expect(call).toThrow(OptionError);
      expect(call).toThrow(message);
    }
  });
});
