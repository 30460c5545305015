/** What the comparison of criteria for filters found. */
import { loadModel } from '../../src/index.js';
import { type Field, fieldGallery } from '../../src/report/fieldGallery.js';
import {
  figure,
  formatCount,
  formatPercent,
  lineChart,
  paragraph,
  plainTick,
} from '../../src/report/index.js';
import { element } from '../../src/report/markup.js';
import { claimOf, differenceText, errorText } from './errorTable.js';
import { type ExperimentReport, errorTile, type Series } from './experimentPage.js';
import type { Plain } from './ledger.js';
import { type Cell, compare, figureOf } from './statistics.js';

const series: readonly Series[] = [
  { method: 'magnitude', name: 'L1 norm', tone: 'sparse' },
  { method: 'fpgm', name: 'FPGM', tone: 'cool' },
  { method: 'apoz', name: 'APoZ', tone: 'cool', dashed: true },
  { method: 'unitTaylor', name: 'Taylor', tone: 'warm' },
  { method: 'random', name: 'random', tone: 'warm', dashed: true },
];

const nameOf = (method: string) => series.find((one) => one.method === method)?.name ?? method;

/** A network whose first filters are to be seen. */
export interface Picture {
  readonly method: string;
  readonly file: string;
}

/** Test error against multiply-adds, on a logarithmic axis. */
function curve(cells: readonly Cell[], dense: Cell | undefined): string {
  const lines = series.map(({ method, name, tone, dashed = false }) => {
    const own = cells
      .filter((cell) => cell.method === method)
      .sort((a, b) => figureOf(a, 'multiplyAdds').mean - figureOf(b, 'multiplyAdds').mean);
    return {
      ...{ name, tone, dashed, dots: true },
      points: own.map((cell) => [figureOf(cell, 'multiplyAdds').mean, cell.testError.mean * 100] as const),
      spreads: own.map((cell) => cell.testError.deviation * 100),
    };
  });
  const chart = {
    title: 'Final test error against multiply-adds',
    x: {
      label: 'multiply-adds of a sample',
      kind: 'log',
      format: formatCount,
      valueText: formatCount,
    } as const,
    y: {
      label: 'test error (%)',
      kind: 'linear',
      format: plainTick,
      valueText: (percent: number) => `${percent.toFixed(2)} %`,
    } as const,
    lines: lines.filter(({ points }) => points.length > 0),
    references: dense ? [{ name: 'unpruned', value: dense.testError.mean * 100 }] : [],
    plotHeight: 280,
  };
  return figure(
    (width) => lineChart({ ...chart, width }),
    'Means over the seeds; bars are one standard deviation.',
  );
}

/** The 5x5 filters of the first convolution that are left. */
async function gallery({ method, file }: Picture): Promise<string> {
  const model = await loadModel(file);
  const { weight } = model.layers[0]!;
  const [filters = 0, , height = 1, width = 1] = weight!.shape;
  const size = height * width;
  const fields = Array.from({ length: filters }, (_, f): Field => {
    return {
      name: `${nameOf(method)}, filter ${f + 1}`,
      weights: weight!.data.subarray(f * size, (f + 1) * size),
    };
  });
  model.dispose();
  return element('h3', {}, nameOf(method)) + fieldGallery(fields, height, width);
}

/** The whole report; pictures are those of networks with a share `level` of their filters gone. */
export async function filtersReport(
  cells: readonly Cell[],
  pictures: readonly Picture[],
  level: number,
  recipe: Readonly<Record<string, Plain>>,
  seeds: readonly number[],
): Promise<ExperimentReport> {
  const dense = cells.find(({ method }) => method === 'dense');
  const at = (method: string, point: number) =>
    cells.find((cell) => cell.method === method && cell.point === point);
  const levels = [...new Set(cells.map(({ point }) => point))]
    .filter((point) => point > 0)
    .sort((a, b) => a - b);
  const claims = levels.flatMap((point) =>
    series.flatMap(({ method, name }) => {
      const [own, random] = [at(method, point), at('random', point)];
      return method !== 'random' && own && random
        ? [claimOf(`${name} < random, ${formatPercent(point, 0)} of the filters gone`, own, random)]
        : [];
    }),
  );
  const holds = claims.filter(({ difference }) => difference.verdict === 'holds').length;
  const drawn: string[] = [];
  for (const picture of pictures) drawn.push(await gallery(picture));
  const half = at('magnitude', levels[0] ?? 0);
  return {
    name: 'filters',
    headline: `Criteria beat random filters in ${holds} of ${claims.length} comparisons, by 95 % intervals`,
    summary:
      'LeNet-5 on MNIST: the same share of the filters of both convolutions removed at once, then three epochs of training. ' +
      'No ReLU stands behind these convolutions, so APoZ finds no zeros and keeps the first filters.' +
      (dense && half
        ? ` Half of the filters by L1 norm leave ${formatCount(figureOf(half, 'multiplyAdds').mean)} of ` +
          `${formatCount(figureOf(dense, 'multiplyAdds').mean)} multiply-adds at ${errorText(half.testError)} error ` +
          `(${differenceText(compare(half, dense))}).`
        : ''),
    tiles: [
      ...(dense ? [errorTile('Dense', dense.testError, 'before pruning')] : []),
      ...['magnitude', 'random'].flatMap((method) => {
        const [cell, name] = [at(method, level), nameOf(method)];
        return cell ? [errorTile(`${name}, ${formatPercent(level, 0)} gone`, cell.testError, '')] : [];
      }),
    ],
    charts: [
      { heading: 'Accuracy against multiply-adds', body: curve(cells, dense) },
      {
        heading: `The first filters that stay, ${formatPercent(level, 0)} gone`,
        body:
          paragraph(
            'After training on. Green weighs bright pixels up, orange down; the networks are those of the first seed.',
          ) + drawn.join(''),
      },
    ],
    claims,
    series: [{ method: 'dense', name: 'dense', tone: 'dense' }, ...series],
    cells,
    recipe,
    seeds,
  };
}
