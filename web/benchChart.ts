/** Speed-up against sparsity, one chart a batch, with the house's line charts. */
import { type Line, lineChart } from '../src/report/lineChart.js';
import { percentTick, ratioTick } from '../src/report/scale.js';
import { type BenchRow, batches } from './messages.js';
import { stops } from './zoo.js';

function points(rows: readonly BenchRow[], structure: string, batch: number): [number, number][] {
  const dense = rows.filter((row) => row.structure !== null && row.sparsity === 0);
  return [...dense, ...rows.filter((row) => row.structure === structure && row.sparsity > 0)].map((row) => [
    row.sparsity,
    row.speedups[batch]!,
  ]);
}

/** What speed would be in proportion to the weights that are left. */
const ideal = stops.map((share): [number, number] => [share, 1 / (1 - share)]);

/** The charts as markup, so many pixels wide, before and after it was measured; all text in it is our own. */
export function speedupCharts(rows: readonly BenchRow[], width: number): string[] {
  return batches.map((size, batch) => {
    const lines: Line[] = [
      { name: 'single weights', tone: 'sparse', dots: true, points: points(rows, 'weight', batch) },
      { name: 'blocks of 4', tone: 'cool', dots: true, points: points(rows, 'block', batch) },
      {
        name: 'in proportion to what is left',
        tone: 'dense',
        dashed: true,
        points: ideal,
      },
    ];
    return lineChart({
      title: size === 1 ? 'One digit at a time' : `${size} digits at a time`,
      x: {
        label: 'weights cut away',
        kind: 'density',
        format: percentTick,
        valueText: (x) => percentTick(x, 0),
      },
      y: {
        label: 'times faster than dense',
        kind: 'log',
        format: ratioTick,
        valueText: (y) => `${y.toFixed(1)}x`,
      },
      lines,
      width,
      plotHeight: 230,
    });
  });
}
