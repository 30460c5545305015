/** Accuracy, or loss where there is none, against what a model costs: curves of methods over sparsity, size, work and time. */
import type { TradeOff } from '../bench/tradeOff.js';
import { barChart } from './barChart.js';
import { type Curve, curveChart, curveLegend, curveStyle } from './curveChart.js';
import { micros, percentAxis } from './demoText.js';
import { element } from './markup.js';
import { details, figure, htmlTable, type PageSection, wideAndNarrow } from './page.js';
import { type Quality, qualityOf, qualityText, spreadAxis } from './quality.js';
import { microsTick, ratioTick } from './scale.js';
import type { ChartAxis } from './svg.js';
import { compactCount, formatBytes, formatCount, formatPercent, formatRatio } from './table.js';

/** A quantity that accuracy or loss is drawn against. */
interface Cost {
  readonly title: string;
  readonly axis: ChartAxis;
  readonly of: (point: TradeOff) => number | undefined;
}

const counted = (label: string): ChartAxis => ({
  label,
  kind: 'log',
  format: compactCount,
  valueText: formatCount,
});

const costs: readonly Cost[] = [
  {
    title: 'Sparsity',
    axis: { ...percentAxis('share of weights pruned'), kind: 'density' },
    of: (point) => point.sparsity,
  },
  { title: 'Parameters', axis: counted('parameters left'), of: (point) => point.parameters },
  {
    title: 'File size',
    axis: {
      label: 'bytes of the model file',
      kind: 'log',
      format: (bytes) => formatBytes(bytes).replace(/\.0+ /, ' '),
      valueText: formatBytes,
    },
    of: (point) => point.bytes,
  },
  { title: 'Work', axis: counted('multiply-adds of one sample'), of: (point) => point.multiplyAdds },
];

/** Measured times, one quantity a batch size. */
function timeCosts(points: readonly TradeOff[]): Cost[] {
  const batches = new Set(points.flatMap((point) => point.micros?.map(({ batch }) => batch) ?? []));
  return [...batches]
    .sort((a, b) => a - b)
    .map((batch) => ({
      title: batch === 1 ? 'Time, one sample' : `Time, batch ${formatCount(batch)}`,
      axis: {
        label: 'microseconds of a call, measured',
        kind: 'log',
        format: (value, step) => microsTick(value, step).replace(' us', ' µs'),
        valueText: micros,
      },
      of: (point) => point.micros?.find((time) => time.batch === batch)?.micros,
    }));
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Sample standard deviation; undefined for fewer than two values. */
function deviation(values: readonly number[]): number | undefined {
  if (values.length < 2) return undefined;
  const middle = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - middle) * (value - middle), 0);
  return Math.sqrt(squares / (values.length - 1));
}

function grouped<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  return groups;
}

const methodOf = ({ method }: TradeOff) => method ?? 'this model';

/** Points with the same label, from the densest to the sparsest. */
function repetitions(points: readonly TradeOff[]): [label: string, same: TradeOff[]][] {
  const sparsity = (same: readonly TradeOff[]) => mean(same.map((point) => point.sparsity));
  return [...grouped(points, ({ label }) => label)].sort(([, a], [, b]) => sparsity(a) - sparsity(b));
}

/** One curve a method; repetitions become their mean and deviation. */
function curvesOf(points: readonly TradeOff[], of: Cost['of'], quality: Quality): Curve[] {
  return [...grouped(points, methodOf)].map(([name, own], i) => {
    const joined = repetitions(own).flatMap(([label, same]) => {
      const costs = same.map(of).filter((cost) => cost !== undefined);
      if (costs.length === 0) return [];
      const found = same.map((point) => point[quality] ?? Number.NaN);
      const spread = deviation(found);
      const seeds = same.length > 1 ? `, ${same.length} seeds` : '';
      const point = { x: mean(costs), y: mean(found), note: `${name}, ${label}${seeds}` };
      return [spread === undefined ? point : { ...point, deviation: spread }];
    });
    return { name, ...curveStyle(i), points: joined };
  });
}

/** A row for every label of every method: means, with the deviation of the accuracy or loss. */
function pointsTable(points: readonly TradeOff[], times: readonly Cost[], quality: Quality): string {
  const methods = grouped(points, methodOf);
  const rows = [...methods].flatMap(([method, own]) =>
    repetitions(own).map(([label, same]) => {
      const average = (of: Cost['of']) => mean(same.map(of).filter((value) => value !== undefined));
      const spread = deviation(same.map((point) => point[quality] ?? Number.NaN));
      const middle = qualityText(
        quality,
        average((point) => point[quality]),
      );
      return [
        ...(methods.size > 1 ? [method] : []),
        label,
        formatPercent(average((point) => point.sparsity)),
        spread === undefined ? middle : `${middle.replace(' %', '')} ± ${qualityText(quality, spread)}`,
        formatCount(average((point) => point.parameters)),
        formatBytes(average((point) => point.bytes)),
        formatCount(average((point) => point.multiplyAdds)),
        ...times.map(({ of }) => micros(average(of))),
      ];
    }),
  );
  const head = [
    ...(methods.size > 1 ? ['method'] : []),
    ...['point', 'sparsity', quality, 'parameters', 'file', 'multiply-adds'],
    ...times.map(({ title }) => title.toLowerCase()),
  ];
  const several = rows.length < points.length;
  const what = quality === 'accuracy' ? 'Accuracy and costs' : 'Loss and costs';
  const caption = several ? `${what}, means over seeds` : what;
  const table = htmlTable(caption, [head, ...rows]);
  return rows.length > mostRows ? details(`All ${rows.length} points as a table`, table) : table;
}

/** Longer tables are folded. */
const mostRows = 12;

/** Points of one accuracy or loss make no curve: how many times less the others cost than the first. */
function ratioChart(points: readonly TradeOff[], all: readonly Cost[], quality: Quality): string {
  const [first, ...others] = points;
  const drawn = all.filter(({ of, axis }) => axis.kind === 'log' && of(first!) !== undefined);
  const rows = drawn.map(({ title, of }) => ({
    label: title,
    values: others.map((point) => of(first!)! / (of(point) ?? Number.NaN)),
  }));
  const chart = {
    title: `How many times less than ${first!.label}`,
    axis: { label: 'ratio', format: ratioTick, valueText: formatRatio },
    series: others.map(({ label }, i) => ({ name: label, tone: curveStyle(i).tone })),
    references: [{ name: `${first!.label} = 1x`, value: 1 }],
    rows,
  };
  const known = Number.isFinite(first![quality]);
  return figure((width) => barChart({ ...chart, width }), known ? `The ${quality} is the same.` : '');
}

function panelsFigure(points: readonly TradeOff[], all: readonly Cost[], quality: Quality): string {
  const y = spreadAxis(
    quality,
    points.map((point) => point[quality] ?? Number.NaN),
  );
  const panels = all.map(({ title, axis, of }) =>
    element('div', {}, curveChart({ title, x: axis, y, curves: curvesOf(points, of, quality) })),
  );
  const curves = curvesOf(points, (point) => point.sparsity, quality);
  const legend = element(
    'div',
    { class: 'legend' },
    wideAndNarrow((width) => curveLegend(curves, width)),
  );
  const repeated = curves.some((curve) => curve.points.some(({ deviation }) => deviation !== undefined));
  const text = 'Points are means over seeds; bands are one standard deviation to either side.';
  return element(
    'figure',
    {},
    curves.length < 2 ? '' : legend,
    element('div', { class: 'multiples' }, ...panels),
    repeated ? element('figcaption', {}, text) : '',
  );
}

/** Small multiples of accuracy or loss against each cost, or ratios of the costs where those are the same; and a table of the points. */
export function tradeOffSection(points: readonly TradeOff[]): PageSection {
  const times = timeCosts(points);
  const all = [...costs, ...times];
  const quality = qualityOf(points);
  const differ = new Set(points.map((point) => point[quality])).size > 1;
  const drawn = differ ? panelsFigure : points.length > 1 ? ratioChart : () => '';
  const heading = quality === 'accuracy' ? 'Accuracy and cost' : 'Loss and cost';
  return { heading, body: drawn(points, all, quality) + pointsTable(points, times, quality) };
}
