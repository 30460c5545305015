import { describe, expect, test } from 'vitest';
import { makeScale, microsTick, niceStep, percentTick, plainTick } from '../../src/report/scale.js';

describe('scales', () => {
  test('steps are 1, 2 or 5 times a power of ten', () => {
    expect([1, 7, 0.3, 42, 1000].map((span) => niceStep(span, 5))).toEqual([0.2, 2, 0.1, 10, 200]);
  });

  test('a linear scale extends to round numbers but not past its limits', () => {
    const scale = makeScale([0.741, 0.983], { limits: [0, 1] });
    expect([scale.low, scale.high]).toEqual([0.7, 1]);
    expect(scale.ticks).toEqual([0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1]);
  });

  test('ticks of counted things are never closer than 1', () => {
    expect(makeScale([0.5, 2.5], { exact: true, minStep: 1 }).ticks).toEqual([1, 2]);
  });

  test('a log scale puts decades at equal distances', () => {
    const scale = makeScale([1, 10000], { kind: 'log' });
    expect(scale.ticks).toEqual([1, 10, 100, 1000, 10000]);
    expect(scale.fraction(100)).toBeCloseTo(0.5, 12);
  });

  test('a log scale holds neither zero nor negative values', () => {
    const scale = makeScale([0, -1, 5], { kind: 'log' });
    expect([scale.holds(0), scale.holds(-1), scale.holds(5)]).toEqual([false, false, true]);
  });

  test('a density scale puts equal factors of what is left at equal distances', () => {
    const scale = makeScale([0.2, 0.985], { kind: 'density' });
    expect(scale.ticks).toEqual([0, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99]);
    expect([0, 0.9, 0.99].map((share) => Number(scale.fraction(share).toFixed(12)))).toEqual([0, 0.5, 1]);
    expect(makeScale([0.99999], { kind: 'density' }).high).toBe(0.99999);
  });

  test('a density scale holds shares of zeros only, and not all zeros', () => {
    const scale = makeScale([0.9], { kind: 'density' });
    expect([-0.1, 0, 0.999, 1, Number.NaN].map(scale.holds)).toEqual([false, true, true, false, false]);
  });

  test('no, one, equal, tiny, huge and broken values all give finite positions', () => {
    const inputs = [
      [],
      [0],
      [3, 3, 3],
      [-2],
      [1, 1 + 2e-16],
      [1e-320],
      [1e308, -1e308],
      [Number.NaN, Infinity],
    ];
    for (const options of [
      {},
      { zero: true },
      { exact: true },
      { kind: 'log' },
      { kind: 'density' },
    ] as const) {
      for (const values of inputs) {
        const scale = makeScale(values, options);
        expect(scale.low).toBeLessThan(scale.high);
        expect(scale.ticks.length).toBeLessThan(40);
        for (const value of values.filter(scale.holds))
          expect(scale.fraction(value)).toBeGreaterThanOrEqual(0);
      }
    }
  });

  test('tick texts carry as many decimals as their step needs', () => {
    expect(percentTick(0.975, 0.005)).toBe('97.5 %');
    expect(percentTick(0.7, 0.05)).toBe('70 %');
    expect(plainTick(0.1, 0.05)).toBe('0.10');
    expect(plainTick(20000, 5000)).toBe('20,000');
    expect(microsTick(1000, 0)).toBe('1 ms');
  });
});
