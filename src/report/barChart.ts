/** Horizontal bars: one row per label, one bar per series in it, values written at the bar ends. */
import { element } from './markup.js';
import type { Scale } from './scale.js';
import {
  axisScale,
  type ChartAxis,
  type Frame,
  fitText,
  legendBlock,
  svgLine,
  svgRoot,
  svgText,
  type Tone,
  textWidth,
  titleBlock,
  tooltip,
  valueText,
  xAxis,
} from './svg.js';

/** One row: a value per series; a value that is not finite draws no bar and reads `n/a`. */
export interface BarRow {
  readonly label: string;
  readonly values: readonly number[];
  /** Added to the tooltip. */
  readonly note?: string;
}

/** What a bar chart shows; `width` is in view-box units, the height follows from the rows. */
export interface BarChartOptions {
  readonly title: string;
  /** Quantity, unit and scale of the values. Bars start at zero, or at the low end of a log scale. */
  readonly axis: ChartAxis;
  readonly series: readonly { readonly name: string; readonly tone: Tone }[];
  readonly rows: readonly BarRow[];
  readonly references?: readonly { readonly name: string; readonly value: number }[];
  /** Draw the whole (the axis' upper limit, or 1) behind each bar: for shares. */
  readonly track?: boolean;
  readonly width?: number;
}

const barHeight = 16;
const rowGap = 14;

interface Bars {
  readonly options: BarChartOptions;
  readonly frame: Frame;
  readonly scale: Scale;
}

const barText = ({ axis }: BarChartOptions, value: number) =>
  Number.isFinite(value) ? valueText(axis, value) : 'n/a';

const xOf = ({ frame, scale }: Bars, value: number) =>
  frame.left + scale.fraction(value) * (frame.right - frame.left);

/** Where bars start. */
const baseOf = (bars: Bars) => xOf(bars, bars.options.axis.kind === 'log' ? bars.scale.low : 0);

function bar(bars: Bars, row: BarRow, index: number, y: number): string {
  const { options, frame, scale } = bars;
  const { name, tone } = options.series[index]!;
  const value = row.values[index] ?? Number.NaN;
  const shown = scale.holds(value);
  const start = baseOf(bars);
  const end = shown ? xOf(bars, value) : start;
  const text = barText(options, value);
  const box = { y, height: barHeight, rx: 3 };
  const track = options.track
    ? element('rect', { ...box, x: frame.left, width: frame.right - frame.left, class: 'track' })
    : '';
  // A sliver stays visible for values that are small but not zero.
  const width = Math.max(Math.abs(end - start), shown && value !== 0 ? 1.5 : 0);
  const fill = element('rect', { ...box, x: Math.min(start, end), width, class: `fill ${tone}` });
  const tip = [row.label, `${options.series.length > 1 ? `${name}: ` : ''}${text}`, row.note ?? ''];
  return element('g', { class: 'bar' }, tooltip(tip.filter((part) => part !== '').join('\n')), track, fill);
}

/** The values at the bar ends, in a pass of their own so that no reference line strikes them through. */
function rowValues(bars: Bars, row: BarRow, top: number): string {
  const { options, frame, scale } = bars;
  const texts = options.series.map((_, i) => {
    const value = row.values[i] ?? Number.NaN;
    const end = Math.max(baseOf(bars), scale.holds(value) ? xOf(bars, value) : 0);
    const x = (options.track ? frame.right : end) + 8;
    return svgText(x, top + i * (barHeight + 2) + 12.5, barText(options, value), { class: 'value halo' });
  });
  return texts.join('');
}

function rowMarks(bars: Bars, row: BarRow, top: number): string {
  const { options, frame } = bars;
  const height = options.series.length * (barHeight + 2);
  const label = fitText(row.label, frame.left - 10);
  const y = top + height / 2 + 3.5;
  const name = svgText(frame.left - 10, y, label, { class: 'ink', 'text-anchor': 'end' });
  return name + options.series.map((_, i) => bar(bars, row, i, top + i * (barHeight + 2))).join('');
}

function referenceMarks(bars: Bars, width: number): string {
  const drawn = (bars.options.references ?? []).filter(({ value }) => bars.scale.holds(value));
  const marks = drawn.map(({ name, value }) => {
    const x = xOf(bars, value);
    const half = textWidth(name) / 2;
    const middle = Math.min(Math.max(x, half), width - half);
    const text = svgText(middle, bars.frame.top - 8, name, { class: 'name dense', 'text-anchor': 'middle' });
    return svgLine(x, bars.frame.top - 3, x, bars.frame.bottom, 'line dense dashed thin') + text;
  });
  return marks.join('');
}

function layout(options: BarChartOptions, top: number, width: number): Bars {
  const values = options.rows.flatMap((row) => row.values.slice(0, options.series.length));
  const whole = options.track ? [options.axis.limits?.[1] ?? 1] : [];
  const all = [...values, ...whole, ...(options.references ?? []).map((reference) => reference.value)];
  const longest = (texts: readonly string[]) => Math.max(0, ...texts.map((text) => textWidth(text)));
  const left = 10 + Math.min(longest(options.rows.map((row) => row.label)), width * 0.36);
  const right = width - 14 - longest(values.map((value) => barText(options, value)));
  const rowHeight = options.series.length * (barHeight + 2) + rowGap;
  const frame = { left, right, top, bottom: top + Math.max(1, options.rows.length) * rowHeight };
  const axis = options.axis.kind === 'log' ? options.axis : { ...options.axis, zero: true };
  return { options, frame, scale: axisScale(axis, all, right - left, 56) };
}

/** A bar chart as one `<svg>`, styled by the page's sheet. No rows give an empty plot that says so. */
export function barChart(options: BarChartOptions): string {
  const width = options.width ?? 760;
  const title = titleBlock(options.title, width);
  const keys = options.series.length > 1 ? options.series.map((one) => ({ ...one, bar: true })) : [];
  const legend = legendBlock(keys, title.height + 4, width);
  const top = title.height + legend.height + ((options.references?.length ?? 0) > 0 ? 32 : 14);
  const bars = layout(options, top, width);
  const { frame } = bars;
  const rowHeight = options.series.length * (barHeight + 2) + rowGap;
  const rowTop = (i: number) => frame.top + i * rowHeight + rowGap / 2;
  const middle = { class: 'muted', 'text-anchor': 'middle' };
  return svgRoot(
    width,
    frame.bottom + 44,
    `${options.title}: ${options.axis.label}`,
    title.svg,
    legend.svg,
    xAxis(options.axis, bars.scale, frame, true),
    ...options.rows.map((row, i) => rowMarks(bars, row, rowTop(i))),
    options.rows.length === 0
      ? svgText((frame.left + frame.right) / 2, frame.top + 20, 'no data', middle)
      : '',
    referenceMarks(bars, width),
    ...options.rows.map((row, i) => rowValues(bars, row, rowTop(i))),
  );
}
