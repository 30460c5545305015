import { describe, expect, test } from 'vitest';
import { claimOf, errorText, keptText, plainText, verdictText } from '../../bench/experiments/errorTable.js';
import { experimentPage } from '../../bench/experiments/experimentPage.js';
import type { LedgerLine } from '../../bench/experiments/ledger.js';
import { lotteryReport } from '../../bench/experiments/lotteryReport.js';
import { type Cell, cellsOf, sampleOf } from '../../bench/experiments/statistics.js';
import { expectSound } from '../report/sample.js';

const line = (method: string, seed: number, point: number, testError: number): LedgerLine => ({
  experiment: 'lottery',
  method,
  seed,
  point,
  recipe: { epochs: 8 },
  testError,
  validationError: testError + 0.001,
  kept: Math.round(266_200 * (1 - point)),
  weights: 266_200,
  seconds: 2,
  figures: { stopStep: 1000 * seed, stopTestError: testError, missing: null },
});

test('texts of shares, differences and verdicts', () => {
  expect(errorText(sampleOf([0.0178, 0.0182]))).toBe('1.80 ± 0.03 %');
  expect(errorText(sampleOf([0.0178]))).toBe('1.78 %');
  expect([keptText(0.2114), keptText(0.08), keptText(1)]).toEqual(['21.1 %', '8 %', '100 %']);
  expect(verdictText([])).toBe('nothing to compare yet');
  const recipe = {
    learningRate: 0.002,
    layers: ['dense1', 'dense2'],
    inner: { epochs: 3 },
    note: 'restarts',
  };
  expect(plainText(recipe)).toBe('learning rate 0.002, layers dense1, dense2, inner epochs 3, restarts');
});

const SOURCES = '3 runs by other sources; --again repeats the 3';

/** Three seeds at three densities; tickets are better where `gain` says so. */
function sampleCells(gain: number): Cell[] {
  const at = [0, 0.7886, 0.8649];
  return cellsOf(
    [1, 2, 3].flatMap((seed) =>
      at.flatMap((point) => {
        const ticket = line('ticket', seed, point, 0.018 + seed * 1e-4);
        return point === 0 ? [ticket] : [ticket, line('reinit', seed, point, 0.018 + gain + seed * 1e-4)];
      }),
    ),
  );
}

describe('the page of an experiment', () => {
  test('is sound, complete and says what came out', () => {
    const html = experimentPage(lotteryReport(sampleCells(0.004), { epochs: 8 }, [1, 2, 3]), SOURCES);
    for (const svg of html.match(/<svg [\s\S]*?<\/svg>/g)!) expectSound(svg);
    expect(html).toContain('holds at 21.1 %, 13.5 %');
    expect(html).toContain('npm run experiment -- lottery --seeds 1,2,3');
    expect(html).toContain(SOURCES);
    expect(html).not.toMatch(/NaN|undefined/);
    expect(html).toBe(experimentPage(lotteryReport(sampleCells(0.004), { epochs: 8 }, [1, 2, 3]), SOURCES));
  });

  test('says as plainly when a claim is refuted', () => {
    const html = experimentPage(lotteryReport(sampleCells(-0.004), { epochs: 8 }, [1, 2, 3]), SOURCES);
    expect(html).toContain('refuted at 21.1 %, 13.5 %');
  });

  test('can be made of what little there is', () => {
    const first = cellsOf([line('ticket', 1, 0, 0.02)]);
    const html = experimentPage(lotteryReport(first, {}, [1]), SOURCES);
    expect(html).toContain('nothing to compare yet');
    expect(html).not.toMatch(/NaN|undefined/);
  });

  test('claims compare the better cell with the worse', () => {
    const [, ticket, , reinit] = sampleCells(0.004);
    const claim = claimOf('a < b', ticket!, reinit!);
    expect(claim.difference.mean).toBeCloseTo(0.004, 12);
    expect(claim.density).toBeCloseTo(0.2114, 4);
  });
});
