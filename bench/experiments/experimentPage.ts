/** The page of an experiment with a ledger, and what it prints. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  codeBlock,
  factList,
  figure,
  htmlTable,
  lineChart,
  type PageSection,
  page,
  paragraph,
  plainTick,
  type Reference,
  type Tile,
  type Tone,
  table,
} from '../../src/report/index.js';
import { type Claim, cellRows, claimRows, errorText, keptText, plainText } from './errorTable.js';
import type { Plain } from './ledger.js';
import { sourcesOf, sourcesText } from './sources.js';
import { type Cell, figureOf, type Sample } from './statistics.js';
import { folder } from './workplace.js';

/** How a method looks in charts and is called in tables. */
export interface Series {
  readonly method: string;
  readonly name: string;
  readonly tone: Tone;
  readonly dashed?: boolean;
}

/** What a page is made of. All sentences are computed from the cells. */
export interface ExperimentReport {
  /** As in `npm run experiment -- NAME`. */
  readonly name: string;
  readonly headline: string;
  readonly summary: string;
  readonly tiles: readonly Tile[];
  readonly charts: readonly PageSection[];
  readonly claims: readonly Claim[];
  readonly series: readonly Series[];
  readonly cells: readonly Cell[];
  readonly recipe: Readonly<Record<string, Plain>>;
  /** What it was trained and tested on; MNIST when left out. */
  readonly data?: string;
  readonly seeds: readonly number[];
}

const MNIST = 'MNIST: 55,000 to train, 5,000 to choose by, 10,000 for the final test';

const keptTick = (zeros: number) => keptText(1 - zeros);

/** A chart over the share of weights kept, on a logarithmic axis: means, with bars of one standard deviation. */
export function chartOfKept(options: {
  readonly title: string;
  readonly label: string;
  readonly series: readonly Series[];
  readonly cells: readonly Cell[];
  readonly value: (cell: Cell) => Sample;
  readonly valueText: (value: number) => string;
  readonly kind?: 'linear' | 'log';
  readonly caption?: string;
  /** Horizontal lines to compare with. */
  readonly references?: readonly Reference[];
}): string {
  const { series, cells, value } = options;
  const lines = series.map(({ method, name, tone, dashed = false }) => {
    const own = cells.filter((cell) => cell.method === method);
    const points = own.map((cell) => [1 - cell.density, value(cell).mean] as const);
    const spreads = own.map((cell) => value(cell).deviation);
    return { name, tone, dashed, dots: true, points, spreads };
  });
  const chart = {
    title: options.title,
    x: { label: 'weights kept', kind: 'density', format: keptTick, valueText: keptTick } as const,
    y: {
      label: options.label,
      kind: options.kind ?? 'linear',
      valueText: options.valueText,
      format: plainTick,
    },
    lines: lines.filter(({ points }) => points.length > 0),
    references: options.references ?? [],
    plotHeight: 280,
  };
  const caption = options.caption ?? 'Means over the seeds; bars are one standard deviation.';
  return figure((width) => lineChart({ ...chart, width }), caption);
}

/** Final test error in percent; a cell to compare with becomes a horizontal line. */
export function errorChart(
  title: string,
  series: readonly Series[],
  cells: readonly Cell[],
  kind: 'linear' | 'log' = 'linear',
  reference?: Cell,
): string {
  return chartOfKept({
    title,
    references: reference ? [{ name: 'unpruned', value: reference.testError.mean * 100 }] : [],
    label: 'test error (%)',
    series,
    cells,
    value: ({ testError: { count, mean, deviation, error } }) => ({
      count,
      mean: mean * 100,
      deviation: deviation * 100,
      error: error * 100,
    }),
    valueText: (percent) => `${percent.toFixed(2)} %`,
    kind,
  });
}

/** A figure of the runs, as it is. */
export const figureValue = (name: string) => (cell: Cell) => figureOf(cell, name);

const verdictNote =
  'Runs are paired by seed, over the n seeds that both sides have: runs of a seed share their first weights and the order of ' +
  'samples. The difference is the mean of those of the test errors, right minus left, ± its standard error; its 95 % interval ' +
  'takes the quantile of Student’s t with df = n − 1 degrees of freedom (4.30 standard errors for n = 3, 2.78 for n = 5). A claim ' +
  'holds when the interval lies above zero, is refuted when it lies below, and is undecided else: no proof that both are equal. ' +
  'Each interval stands alone: of twenty claims about equal methods one would be decided by chance.';

function sectionsOf(report: ExperimentReport, sources: string): PageSection[] {
  const { name, charts, claims, cells, series, recipe, seeds, data = MNIST } = report;
  const nameOf = (method: string) => series.find((one) => one.method === method)?.name ?? method;
  const claimed = {
    heading: 'Claims, checked',
    body: paragraph(verdictNote) + htmlTable('Mean ± standard deviation over the seeds', claimRows(claims)),
  };
  const facts = Object.entries(recipe).map(([key, value]) => [key, plainText(value)] as const);
  const list = seeds.join(',');
  return [
    ...charts,
    ...(claims.length > 0 ? [claimed] : []),
    { heading: 'All results', body: htmlTable('Mean ± standard deviation', cellRows(cells, nameOf)) },
    {
      heading: 'Recipe and how to reproduce',
      body:
        codeBlock(`npm run experiment -- ${name} --seeds ${list}`) +
        factList([['Data', data], ['Seeds', seeds.join(', ')], ['Sources', sources], ...facts]),
    },
  ];
}

/** The page as text; `sources` says whose runs they are. Equal reports give equal bytes. */
export function experimentPage(report: ExperimentReport, sources: string): string {
  const { name, headline, summary, tiles, cells, recipe, seeds } = report;
  return page({
    title: `Espalier experiment ${name}: ${headline}`,
    kicker: `Espalier experiment: ${name}`,
    headline,
    summary,
    tiles,
    sections: sectionsOf(report, sources),
    data: { name, recipe, seeds, lines: cells.flatMap(({ lines }) => lines) },
  });
}

/** Writes the page, prints tables and verdicts on stderr, and returns what --json prints. */
export function finishReport(report: ExperimentReport): unknown {
  const { name, headline, claims, cells, recipe, seeds } = report;
  const file = join(folder(), `${name}.html`);
  const lines = cells.flatMap((cell) => cell.lines);
  mkdirSync(folder(), { recursive: true });
  writeFileSync(file, experimentPage(report, sourcesText(lines, sourcesOf(name))));
  console.error(`\n${table(cellRows(cells, (method) => method))}`);
  if (claims.length > 0) console.error(`\n${table(claimRows(claims))}`);
  console.error(`\n${headline}\n${file}`);
  return {
    name,
    headline,
    recipe,
    seeds,
    claims,
    cells: cells.map(({ lines: _, ...cell }) => cell),
  };
}

/** A tile with a mean and what it was compared with. */
export function errorTile(label: string, value: Sample, detail: string): Tile {
  return { label, value: errorText(value), detail };
}
