/** Errors as bars, for experiments with few sparsities. */
import { barChart, figure, formatPercent, type Tone } from '../../src/report/index.js';
import { errorText, keptText } from './errorTable.js';
import type { Series } from './experimentPage.js';
import type { Cell } from './statistics.js';

const axis = {
  label: 'test error (%)',
  valueText: (percent: number) => `${percent.toFixed(2)} %`,
} as const;
const tones: readonly Tone[] = ['sparse', 'warm', 'cool', 'dense'];
const inPercent = (share: number | undefined) => (share === undefined ? Number.NaN : share * 100);

/** One bar a sparsity for each method: means over the seeds. Cells without zeros are drawn as lines to compare with. */
export function methodBars(title: string, series: readonly Series[], cells: readonly Cell[]): string {
  const points = [...new Set(cells.map(({ point }) => point))].filter((point) => point > 0).sort();
  const find = (method: string, point: number) =>
    cells.find((cell) => cell.method === method && cell.point === point);
  const rows = series.map(({ method, name }) => ({
    label: name,
    values: points.map((point) => inPercent(find(method, point)?.testError.mean)),
    note: points
      .flatMap((point) => {
        const cell = find(method, point);
        return cell ? `${keptText(cell.density)} kept: ${errorText(cell.testError)}` : [];
      })
      .join(', '),
  }));
  const chart = {
    title,
    axis,
    series: points.map((point, i) => ({
      name: `${keptText(1 - point)} of the weights kept`,
      tone: tones[i % tones.length]!,
    })),
    rows: rows.filter(({ values }) => values.some(Number.isFinite)),
    references: series.flatMap(({ method, name }) => {
      const cell = find(method, 0);
      return cell
        ? [{ name: `${name} ${formatPercent(cell.testError.mean)}`, value: inPercent(cell.testError.mean) }]
        : [];
    }),
  };
  return figure(
    (width) => barChart({ ...chart, width }),
    'Means over the seeds; deviations are in the table below.',
  );
}

/** One bar a method for each seed. */
export function seedBars(title: string, series: readonly Series[], cells: readonly Cell[]): string {
  const seeds = [...new Set(cells.flatMap(({ lines }) => lines.map(({ seed }) => seed)))].sort(
    (a, b) => a - b,
  );
  const errorOf = (method: string, seed: number) =>
    cells.find((cell) => cell.method === method)?.lines.find((line) => line.seed === seed)?.testError;
  const chart = {
    title,
    axis,
    series: series.map(({ name, tone }) => ({ name, tone })),
    rows: seeds.map((seed) => ({
      label: `seed ${seed}`,
      values: series.map(({ method }) => inPercent(errorOf(method, seed))),
    })),
  };
  return figure(
    (width) => barChart({ ...chart, width }),
    'Every run; means and deviations are in the table below.',
  );
}
