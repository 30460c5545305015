/** Accuracy and speed against width at a constant number of live weights, as an SVG file for `<img>`. */
import { lineChart, plainTick } from '../../src/report/index.js';
import { element } from '../../src/report/markup.js';
import { chartSheet } from '../../src/report/style.js';
import { svgText } from '../../src/report/svg.js';
import type { WidthRow } from '../experiments/widths.js';

const WIDTH = 860;
const PADDING = 24;
const PLOT = WIDTH - 2 * PADDING;

const sheet = `${chartSheet}.sheet{fill:var(--card);stroke:var(--line)}`;

/** Height of a chart, from its own view box. */
function heightOf(svg: string): number {
  return Number(/viewBox="0 0 \d+ (\d+)"/.exec(svg)![1]);
}

const thousands = (value: number) => (value >= 1000 ? `${value / 1000}k` : String(value));

/** The plot as the text of an SVG file. Equal data give equal bytes. */
export function widthsPlot(rows: readonly WidthRow[], live: number, machine: string): string {
  const points = (kind: WidthRow['kind'], value: (row: WidthRow) => number | null) =>
    rows.flatMap((row) => {
      const y = value(row);
      return row.kind === kind && y !== null ? [[row.width, y] as const] : [];
    });
  const x = {
    label: 'units in each hidden layer',
    kind: 'log',
    format: thousands,
    valueText: thousands,
  } as const;
  const line = (kind: WidthRow['kind'], name: string, value: (row: WidthRow) => number | null) => ({
    name,
    tone: kind,
    dots: true,
    points: points(kind, value),
  });
  const sparse = `${live / 1000}k live weights`;
  const percent = (row: WidthRow) => (row.accuracy === null ? null : row.accuracy * 100);
  const charts = [
    lineChart({
      title: '784-W-W-10 on MNIST: accuracy after 5 epochs',
      x,
      y: { label: 'test accuracy (%)', format: plainTick, valueText: (value) => `${value.toFixed(2)} %` },
      lines: [line('sparse', sparse, percent), line('dense', 'dense', percent)],
      width: PLOT,
    }),
    lineChart({
      title: 'Training speed at batch 64, with Adam',
      x,
      y: {
        label: 'samples a second',
        kind: 'log',
        format: thousands,
        valueText: (value) => String(Math.round(value)),
      },
      lines: [
        line('sparse', sparse, (row) => row.samplesPerSecond),
        line('dense', 'dense', (row) => row.samplesPerSecond),
      ],
      width: PLOT,
    }),
  ];
  let y = PADDING;
  const placed = charts.map((chart) => {
    const height = heightOf(chart);
    const at = chart.replace('<svg ', `<svg x="${PADDING}" y="${y}" width="${PLOT}" height="${height}" `);
    y += height + PADDING;
    return at;
  });
  const height = y + 12;
  const root = { xmlns: 'http://www.w3.org/2000/svg', class: 'chart', role: 'img' };
  const label = { 'aria-label': 'Accuracy and training speed against width at a constant number of weights' };
  const card = { x: 0.5, y: 0.5, width: WIDTH - 1, height: height - 1, rx: 12, class: 'sheet' };
  return `${element(
    'svg',
    { ...root, ...label, viewBox: `0 0 ${WIDTH} ${height}`, width: WIDTH, height },
    `\n<style>\n${sheet}</style>\n`,
    element('rect', card),
    '\n',
    placed.join('\n'),
    '\n',
    svgText(PADDING, height - 16, machine, { class: 'muted' }),
    '\n',
  )}\n`;
}
