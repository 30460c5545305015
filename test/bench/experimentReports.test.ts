import { describe, expect, test } from 'vitest';
import { classicReport } from '../../bench/experiments/classicReport.js';
import { type ExperimentReport, experimentPage } from '../../bench/experiments/experimentPage.js';
import { hanReport } from '../../bench/experiments/hanReport.js';
import type { LedgerLine } from '../../bench/experiments/ledger.js';
import { lenet5Report } from '../../bench/experiments/lenet5Report.js';
import { snipReport } from '../../bench/experiments/snipReport.js';
import { type Cell, cellsOf } from '../../bench/experiments/statistics.js';
import { structuresReport } from '../../bench/experiments/structuresReport.js';
import { expectSound } from '../report/sample.js';

/** Three seeds of a method at a point, 0.01 % apart. */
function runs(method: string, point: number, error: number): LedgerLine[] {
  return [1, 2, 3].map((seed) => ({
    experiment: 'sample',
    method,
    seed,
    point,
    recipe: {},
    testError: error + seed * 1e-4,
    validationError: error,
    kept: Math.round(266_200 * (1 - point)),
    weights: 266_200,
    seconds: 1,
    figures: { bytes: 4e6 * (1 - point) },
  }));
}

/** The page, checked as every page must be. */
function checked(report: ExperimentReport): string {
  const html = experimentPage(report, '9 runs by unknown sources');
  for (const svg of html.match(/<svg [\s\S]*?<\/svg>/g) ?? []) expectSound(svg);
  expect(html).not.toMatch(/NaN|undefined|\[object/);
  expect(html).toContain(`npm run experiment -- ${report.name} --seeds 1,2,3`);
  return html;
}

const seeds = [1, 2, 3];

describe('the report of classic', () => {
  const cells = (reinit: number): Cell[] =>
    cellsOf([
      ...runs('dense', 0, 0.02),
      ...runs('none', 0, 0.019),
      ...[0.5, 0.99].flatMap((point) =>
        ['units', 'weights'].flatMap((kind) => [
          ...runs(`${kind} iterative`, point, 0.016),
          ...runs(`${kind} rewound`, point, 0.017),
          ...runs(`${kind} reinit`, point, reinit),
        ]),
      ),
    ]);

  test('counts the levels at which the whole order holds', () => {
    const html = checked(classicReport(cells(0.018), { rounds: 3 }, seeds));
    expect(html).toContain('holds at 2 of 2 levels for units and 2 of 2 levels for weights');
    expect(html).toContain(
      'reinitialising over no pruning holds at 2, undecided at 0, refuted at 0 of 2 levels',
    );
  });

  test('says what is refuted', () => {
    const html = checked(classicReport(cells(0.03), {}, seeds));
    expect(html).toContain('holds at 0 of 2 levels for units and 0 of 2 levels for weights');
    expect(html).toContain(
      'reinitialising over no pruning holds at 0, undecided at 0, refuted at 2 of 2 levels',
    );
  });

  test('can be made of nothing', () => checked(classicReport([], {}, seeds)));
});

describe('the report of han', () => {
  const cells = (error: number) =>
    cellsOf([
      ...runs('dense', 0, 0.016),
      ...runs('dense, trained on', 0, 0.0155),
      ...runs('pruned', 0.918, error),
    ]);

  test.each([
    [
      0.016,
      'undecided whether accuracy is lost (+0.00 ± 0.00 points, 95 % interval +0.00 to +0.00, 3 seeds)',
    ],
    [0.02, 'a loss of accuracy (+0.40 ± 0.00 points, 95 % interval +0.40 to +0.40, 3 seeds)'],
    [0.012, 'a gain in accuracy (−0.40 ± 0.00 points, 95 % interval −0.40 to −0.40, 3 seeds)'],
  ])('with an error of %d finds %s', (error, finding) => {
    expect(hanReport(cells(error), {}, seeds).headline).toBe(`8.2 % of the weights kept: ${finding}`);
    checked(hanReport(cells(error), {}, seeds));
  });

  test('can be made of nothing', () => checked(hanReport([], {}, seeds)));
});

describe('the report of lenet5', () => {
  test('compares pruned networks with both dense ones, and the smallest with its mark', () => {
    const few = runs('3993 parameters', 0.99, 0.0082).map((line) => ({
      ...line,
      figures: { parameters: 3900 },
    }));
    const cells = cellsOf([
      ...runs('dense', 0, 0.007),
      ...runs('pruned', 0.915, 0.008),
      ...runs('trained on', 0, 0.008),
      ...few,
    ]);
    const report = lenet5Report(cells, {}, seeds);
    checked(report);
    expect(report.claims.map(({ difference }) => difference.verdict)).toEqual([
      'refuted',
      'undecided',
      'holds',
    ]);
    expect(report.summary).toContain('undecided whether accuracy is lost (+0.00');
    expect(report.summary).toContain(
      'With 3,900 parameters on average the error is 0.84 ± 0.01 %, at or below',
    );
  });

  test('can be made of nothing', () => checked(lenet5Report([], {}, seeds)));
});

describe('the report of snip', () => {
  test('compares with the paper and with the controls', () => {
    const cells = cellsOf([
      ...runs('snip', 0.95, 0.0145),
      ...runs('snip', 0.98, 0.025),
      ...runs('random', 0.95, 0.03),
      ...runs('random', 0.98, 0.06),
      ...runs('dense', 0, 0.014),
    ]);
    const report = snipReport(cells, {}, seeds);
    const html = checked(report);
    expect(report.headline).toContain('1.47 % error at 95 % zeros, 2.52 % error at 98 % zeros');
    expect(report.summary).toContain('holds at 5 %; refuted at 2 %');
    expect(html).toContain('SNIP &lt; random');
  });

  test('can be made of nothing', () => checked(snipReport([], {}, seeds)));
});

describe('the report of structures', () => {
  const cells = cellsOf([
    ...runs('dense', 0, 0.015),
    ...runs('weight', 0.5, 0.015),
    ...runs('block 4x1', 0.5, 0.017),
    ...runs('2:4', 0.5, 0.015),
  ]);

  test('puts errors, times and bytes side by side', () => {
    const row = (method: string, point: number, batch: number, micros: number) => ({
      method,
      point,
      batch,
      micros,
    });
    const rows = [row('dense', 0, 1, 20), row('weight', 0.5, 1, 10), row('2:4', 0.5, 1, 5)];
    const html = checked(structuresReport(cells, { machine: 'Example CPU', rows }, {}, seeds));
    expect(html).toContain('in 1 of 2 comparisons with single weights');
    expect(html).toContain('10.0\u00a0µs (2.0x)');
    expect(html).toContain('2.00\u00a0MB');
    expect(html).toContain('Example CPU');
  });

  test('does without times', () => {
    const html = checked(structuresReport(cells, { machine: 'not timed yet', rows: [] }, {}, seeds));
    expect(html).toContain('not timed yet');
  });

  test('can be made of nothing', () =>
    checked(structuresReport([], { machine: 'not timed yet', rows: [] }, {}, seeds)));
});
