/** The demo's HTML report. */
import type { DemoResult } from './demoResult.js';
import { comparison, environment, layerDensity, pixelMap, speedups } from './demoSections.js';
import { points, smallerThan, speed } from './demoText.js';
import { accuracyAgainstSparsity, trainingCurves } from './demoTraining.js';
import { page, type Tile } from './page.js';
import { formatBytes, formatCount, formatDuration, formatPercent, formatRatio } from './table.js';

/** Share with at most one decimal, rounded down: 99.96 % must not read as everything. */
function roughPercent(fraction: number): string {
  return Number.isFinite(fraction) ? `${Math.floor(fraction * 1000 + 1e-6) / 10} %` : 'n/a';
}

/** The batch with the largest speed-up, or undefined when nothing was measured. */
function bestBench({ bench }: DemoResult): DemoResult['bench'][number] | undefined {
  return [...bench].filter((one) => Number.isFinite(one.speedup)).sort((a, b) => b.speedup - a.speedup)[0];
}

/** The result in one sentence: `95 % of the weights removed, 7.9x faster at batch 32, accuracy 98.21 % → 98.15 %`. */
export function demoHeadline(result: DemoResult): string {
  const best = bestBench(result);
  const parts = [`${roughPercent(result.sparse.sparsity)} of the weights removed`];
  if (best) parts.push(`${speed(best.speedup)} at batch ${formatCount(best.batch)}`);
  parts.push(`accuracy ${formatPercent(result.dense.accuracy)} → ${formatPercent(result.sparse.accuracy)}`);
  return parts.join(', ');
}

function tiles(result: DemoResult): Tile[] {
  const { dense, sparse } = result;
  const best = bestBench(result);
  const list = [
    {
      label: 'Weights removed',
      value: roughPercent(sparse.sparsity),
      detail: `${formatCount(sparse.parameters)} of ${formatCount(dense.parameters)} parameters left`,
    },
    {
      label: 'Test accuracy',
      value: formatPercent(sparse.accuracy),
      detail: `${points(dense.accuracy, sparse.accuracy)} points against dense`,
    },
    {
      label: 'Size on disk',
      value: formatBytes(sparse.bytes),
      detail: smallerThan(dense.bytes, sparse.bytes, 'dense'),
    },
  ];
  const fastest = best && {
    label: 'Speed-up',
    value: formatRatio(best.speedup),
    detail: `over dense at batch ${formatCount(best.batch)}`,
  };
  return fastest ? [list[0]!, fastest, list[1]!, list[2]!] : list;
}

/** The full page for one demo result; equal results give equal bytes. */
export function demoReport(result: DemoResult): string {
  const headline = demoHeadline(result);
  const { machine } = result;
  return page({
    title: `Espalier demo: ${headline}`,
    kicker: 'Espalier demo report',
    headline,
    summary: `Trained, pruned and measured in ${formatDuration(result.seconds)} on ${machine.cpu}, seed ${result.seed}.`,
    tiles: tiles(result),
    sections: [
      comparison(result),
      trainingCurves(result),
      accuracyAgainstSparsity(result),
      speedups(result),
      pixelMap(result),
      layerDensity(result),
      environment(result),
    ],
    data: result,
  });
}
