/** Sections on the sensitivity of layers and on what masks have in common. */
import type { MaskOverlap, TensorOverlap } from '../prune/overlap.js';
import type { Sensitivity } from '../prune/sensitivityResult.js';
import { barChart } from './barChart.js';
import { percentAxis } from './demoText.js';
import { type Line, type LineChartOptions, lineChart } from './lineChart.js';
import { details, figure, htmlTable, type PageSection } from './page.js';
import { type Quality, qualityAxis, qualityOf, qualityText } from './quality.js';
import { layerName, lineStyle } from './roundsSection.js';
import { chartSheet } from './style.js';
import { formatCount, formatPercent } from './table.js';

function sensitivityLines({ base, layers }: Sensitivity, key: Quality): Line[] {
  return layers.map(({ name, sparsity, points }, i) => ({
    ...{ name, ...lineStyle(i), dots: true },
    points: [[sparsity, base[key]], ...points.map((point) => [point.sparsity, point[key]] as const)],
  }));
}

function sensitivityOptions(result: Sensitivity, key: Quality): LineChartOptions {
  const accuracy = key === 'accuracy';
  const text = (value: number) => qualityText(key, value);
  return {
    title: accuracy ? 'Accuracy when one layer alone is pruned' : 'Loss when one layer alone is pruned',
    x: { ...percentAxis('sparsity of that layer'), kind: 'density' },
    y: qualityAxis(key, key),
    lines: sensitivityLines(result, key),
    references: [{ name: `as it is ${text(result.base[key])}`, value: result.base[key] }],
  };
}

/** Options of sensitivityChart(). */
export interface SensitivityChartOptions {
  /** Width in view-box units, 760 by default; the height follows. */
  readonly width?: number;
}

/**
 * What sensitivity() found as an SVG file: a line a layer, accuracy (or loss, where there are no labels) against sparsity.
 * Light and dark by the reader's setting; loads nothing.
 */
export function sensitivityChart(result: Sensitivity, options: SensitivityChartOptions = {}): string {
  const chart = lineChart({
    ...sensitivityOptions(result, qualityOf([result.base])),
    width: options.width ?? 760,
  });
  return chart
    .replace('<svg ', '<svg xmlns="http://www.w3.org/2000/svg" ')
    .replace('>', `><style>${chartSheet}</style>`);
}

function sensitivityTable({ base, layers }: Sensitivity, key: Quality): string {
  const sparsities = layers.flatMap(({ points }) => points.map(({ sparsity }) => sparsity));
  const columns = [...new Set(sparsities)].sort((a, b) => a - b);
  const text = (value: number) => qualityText(key, value);
  const head = columns.map((sparsity) => `${Number((sparsity * 100).toPrecision(6))} %`);
  const rows = layers.map(({ name, weights, points }) => [
    name,
    formatCount(weights),
    ...columns.map((sparsity) => {
      const point = points.find((one) => one.sparsity === sparsity);
      return point ? text(point[key]) : 'n/a';
    }),
  ]);
  const caption = `${key} at each sparsity of one layer; ${text(base[key])} as it is`;
  return htmlTable(caption[0]!.toUpperCase() + caption.slice(1), [['layer', 'weights', ...head], ...rows]);
}

/** Accuracy and loss with one layer pruned at a time. */
export function sensitivitySection(result: Sensitivity): PageSection {
  const main = qualityOf([result.base]);
  const both: Quality[] = main === 'accuracy' ? ['accuracy', 'loss'] : ['loss'];
  const note = `On ${formatCount(result.samples)} samples, without retraining; all other layers as they are.`;
  const parts = both.map(
    (key, i) =>
      figure((width) => lineChart({ ...sensitivityOptions(result, key), width }), i === 0 ? note : '') +
      sensitivityTable(result, key),
  );
  const folded = parts.slice(1).map((part) => details('The loss, too', part));
  return { heading: 'Sensitivity of layers', body: [parts[0]!, ...folded].join('\n') };
}

function chanceOf({ a, b, expected }: TensorOverlap): number {
  const either = a + b - expected;
  return either === 0 ? 1 : expected / either;
}

function overlapFigures(name: string, { tensors, total }: MaskOverlap): string {
  const all = [...tensors, total];
  const axis = percentAxis('live in both, of those live in either (Jaccard index)');
  const high = Math.max(0.01, ...all.flatMap((one) => [one.jaccard, chanceOf(one)]));
  const chart = {
    title: name,
    axis: high > 0.5 ? axis : { ...axis, limits: [0, 1.2 * high] as const },
    series: [
      { name: 'found', tone: 'sparse' as const },
      { name: 'by chance', tone: 'dense' as const },
    ],
    rows: all.map((one) => ({
      label: layerName(one.name),
      values: [one.jaccard, chanceOf(one)],
      note: `${formatCount(one.both)} of ${formatCount(one.a)} and ${formatCount(one.b)}`,
    })),
    track: high > 0.5,
  };
  const rows = all.map((one) => [
    layerName(one.name),
    ...[one.weights, one.a, one.b, one.both, one.expected].map(formatCount),
    formatPercent(one.jaccard),
    formatPercent(chanceOf(one)),
  ]);
  const head = [
    'layer',
    'weights',
    'live in first',
    'in second',
    'in both',
    'by chance',
    'Jaccard',
    'by chance',
  ];
  return figure((width) => barChart({ ...chart, width })) + htmlTable(`${name}: weights`, [head, ...rows]);
}

/** How much masks have in common, and how much they would by chance. */
export function overlapSection(overlaps: Readonly<Record<string, MaskOverlap>>): PageSection {
  const parts = Object.entries(overlaps).map(([name, overlap]) => overlapFigures(name, overlap));
  return { heading: 'Overlap of masks', body: parts.join('\n') };
}
