import { describe, expect, test } from 'vitest';
import { claimOf, claimRows, differenceText, intervalText } from '../../bench/experiments/errorTable.js';
import type { LedgerLine } from '../../bench/experiments/ledger.js';
import {
  type Cell,
  cellsOf,
  compare,
  compareValue,
  figureOf,
  sampleOf,
} from '../../bench/experiments/statistics.js';
import { quantileOfT } from '../../bench/experiments/studentT.js';

const line = (method: string, seed: number, point: number, testError: number): LedgerLine => ({
  experiment: 'sample',
  method,
  seed,
  point,
  recipe: {},
  testError,
  validationError: testError,
  kept: Math.round(266_200 * (1 - point)),
  weights: 266_200,
  seconds: 2,
  figures: { stopStep: 1000 * seed, missing: null },
});

/** A cell of seeds 1, 2, 3 and so on; an undefined error is a seed that is not there. */
const cellOf = (method: string, errors: readonly (number | undefined)[]): Cell =>
  cellsOf(errors.flatMap((error, i) => (error === undefined ? [] : [line(method, i + 1, 0.5, error)])))[0]!;

/** Probability that |t| is smaller, Abramowitz & Stegun 26.7.3 and 26.7.4. */
function insideOf(t: number, degrees: number): number {
  const angle = Math.atan(t / Math.sqrt(degrees));
  const [sin, cos] = [Math.sin(angle), Math.cos(angle)];
  const odd = degrees % 2;
  let term = odd ? cos : 1;
  let sum = degrees > 1 ? term : 0;
  for (let k = odd ? 3 : 2; k < degrees; k += 2) {
    term *= ((k - 1) / k) * cos * cos;
    sum += term;
  }
  return odd ? (2 / Math.PI) * (angle + sin * sum) : sin * sum;
}

describe('samples', () => {
  test('give mean, deviation of the sample and standard error', () => {
    const { count, mean, deviation, error } = sampleOf([1, 2, 3, 6]);
    expect([count, mean]).toEqual([4, 3]);
    expect(deviation).toBeCloseTo(Math.sqrt(14 / 3), 12);
    expect(error).toBeCloseTo(Math.sqrt(14 / 12), 12);
    expect(sampleOf([1]).deviation).toBeNaN();
  });

  test('gather the seeds of a method at a point', () => {
    const cells = cellsOf([
      line('ticket', 1, 0.5, 0.02),
      line('reinit', 1, 0.5, 0.03),
      line('ticket', 2, 0.5, 0.04),
    ]);
    expect(cells.map(({ method, testError }) => [method, testError.count])).toEqual([
      ['ticket', 2],
      ['reinit', 1],
    ]);
    expect(cells[0]!.testError.mean).toBeCloseTo(0.03, 12);
    expect(cells[0]!.density).toBe(0.5);
    expect(figureOf(cells[0]!, 'stopStep').mean).toBe(1500);
    expect(figureOf(cells[0]!, 'missing').count).toBe(0);
  });
});

describe("quantiles of Student's t", () => {
  test('leave 5 % outside, for 1 to 30 degrees of freedom', () => {
    for (let degrees = 1; degrees <= 30; degrees++) {
      expect(insideOf(quantileOfT(degrees), degrees)).toBeCloseTo(0.95, 4);
    }
  });

  test('are not given without a degree of freedom, and are those of 30 beyond', () => {
    expect([quantileOfT(0), quantileOfT(-1)]).toEqual([Number.NaN, Number.NaN]);
    expect([quantileOfT(4), quantileOfT(30), quantileOfT(31), quantileOfT(1000)]).toEqual([
      2.776, 2.042, 2.042, 2.042,
    ]);
  });
});

describe('comparisons', () => {
  test('pair runs by seed: what all seeds share does not blur them', () => {
    const low = cellOf('low', [0.01, 0.02, 0.03]);
    const high = cellOf('high', [0.011, 0.021, 0.0311]);
    const { mean, error, count, margin, verdict } = compare(high, low);
    expect([count, verdict]).toEqual([3, 'holds']);
    expect(mean).toBeCloseTo(0.0031 / 3, 12);
    expect(error).toBeCloseTo(0.0001 / 3, 12);
    expect(margin).toBeCloseTo((4.303 * 0.0001) / 3, 12);
    expect(compare(low, high).verdict).toBe('refuted');
  });

  test('take the interval of the degrees of freedom, not two standard errors', () => {
    // Differences .07, 0, .04, .04, .15 percent: .060 +- .025, 2.4 standard errors; 2.78 are needed.
    const dense = cellOf('dense', [0.01, 0.01, 0.01, 0.01, 0.01]);
    const pruned = cellOf('pruned', [0.0107, 0.01, 0.0104, 0.0104, 0.0115]);
    const difference = compare(pruned, dense);
    expect(difference.mean).toBeCloseTo(0.0006, 12);
    expect(difference.error).toBeCloseTo(Math.sqrt(3.15e-7 / 5), 12);
    expect(difference.verdict).toBe('undecided');
    expect(differenceText(difference)).toBe('+0.06 ± 0.03 points');
    expect(intervalText(difference)).toBe('−0.01 to +0.13');
  });

  test('use the seeds that both have, whatever their order', () => {
    const three = cellOf('three', [0.02, undefined, 0.03]);
    const five = cellOf('five', [0.03, 0.5, 0.04, 0.6, 0.7]);
    const { mean, count } = compare(five, three);
    expect(count).toBe(2);
    expect(mean).toBeCloseTo(0.01, 12);
    const claim = claimOf('three < five', three, five);
    expect([claim.better.mean, claim.worse.mean]).toEqual([0.025, 0.035]);
    expect(claimRows([claim])[1]!.slice(5, 7)).toEqual(['2', '1']);
  });

  test('are undecided of one pair or none, and print without NaN', () => {
    const [first, other] = [cellOf('first', [0.01]), cellOf('other', [undefined, 0.9])];
    expect(compare(cellOf('far', [0.9]), first)).toMatchObject({ count: 1, verdict: 'undecided' });
    expect(compare(other, first)).toMatchObject({ count: 0, verdict: 'undecided' });
    const rows = claimRows([claimOf('a < b', first, cellOf('far', [0.9])), claimOf('a < c', first, other)]);
    expect(rows[1]!.slice(4)).toEqual(['+89.00 points', '1', '0', 'n/a', 'undecided']);
    expect(rows[2]!.slice(4)).toEqual(['no common seeds', '0', '0', 'n/a', 'undecided']);
    expect(rows.flat().join()).not.toContain('NaN');
  });

  test('with a value that is known take the spread of the runs alone', () => {
    const cell = cellOf('runs', [0.0135, 0.0136, 0.0137]);
    expect(compareValue(0.016, cell)).toMatchObject({ count: 3, verdict: 'holds' });
    expect(compareValue(0.0136, cell).verdict).toBe('undecided');
    expect(compareValue(0.012, cell).verdict).toBe('refuted');
  });

  test('call equal runs undecided', () => {
    const cell = cellOf('same', [0.01, 0.02, 0.03]);
    expect(compare(cell, cell)).toEqual({ mean: 0, error: 0, count: 3, margin: 0, verdict: 'undecided' });
  });
});
