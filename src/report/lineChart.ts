/** Line charts: series over a common x, with reference lines, phases and one tooltip per x. */
import { lineLabels, pointLabels } from './lineLabels.js';
import {
  type Line,
  lineDots,
  linePath,
  lineSpreads,
  type Phase,
  type Plot,
  phaseBands,
  type Reference,
  tooltipColumns,
} from './lineMarks.js';
import {
  axisScale,
  type ChartAxis,
  type Frame,
  fitText,
  type LegendEntry,
  legendBlock,
  svgLine,
  svgRoot,
  svgText,
  textWidth,
  tickTexts,
  titleBlock,
  valueText,
  xAxis,
  yAxis,
} from './svg.js';

export type { Line, Phase, Reference } from './lineMarks.js';

/** What a line chart shows; `width` and `plotHeight` are view-box units. */
export interface LineChartOptions {
  readonly title: string;
  readonly x: ChartAxis;
  readonly y: ChartAxis;
  readonly lines: readonly Line[];
  readonly references?: readonly Reference[];
  readonly phases?: readonly Phase[];
  readonly width?: number;
  /** Height between the axes; title, legend and labels come on top. */
  readonly plotHeight?: number;
}

/** From this width on, lines are named at their right end; below it, in a legend above the plot. */
const directWidth = 560;

/** Ends of the bars through the points of a line. */
function spreadEnds({ points, spreads }: Line): number[] {
  return points.flatMap(([, y], i) => {
    const half = spreads?.[i] ?? Number.NaN;
    return half > 0 ? [y - half, y + half] : [];
  });
}

function makePlot(
  options: LineChartOptions,
  top: number,
  bottom: number,
  marginRight: number,
  width: number,
): Plot {
  const points = options.lines.flatMap((line) => line.points);
  const phases = options.phases ?? [];
  const xValues = [...points.map((point) => point[0]), ...phases.flatMap((phase) => [phase.from, phase.to])];
  const yValues = [
    ...points.map((point) => point[1]),
    ...options.lines.flatMap(spreadEnds),
    ...(options.references ?? []).map((line) => line.value),
  ];
  const y = axisScale(options.y, yValues, bottom - top, 40);
  const left = 12 + Math.max(16, ...tickTexts(options.y, y).map((text) => textWidth(text)));
  const frame: Frame = { left, right: width - marginRight, top, bottom };
  const x = axisScale(options.x, xValues, frame.right - frame.left, 62);
  return {
    frame,
    valueRight: width >= directWidth ? frame.right : width,
    x,
    y,
    place: ([px, py]) =>
      x.holds(px) && y.holds(py)
        ? [left + x.fraction(px) * (frame.right - left), bottom - y.fraction(py) * (bottom - top)]
        : undefined,
    xText: (value) => valueText(options.x, value),
    yText: (value) => valueText(options.y, value),
  };
}

function legendEntries(options: LineChartOptions): LegendEntry[] {
  const lines = options.lines.map(({ name, tone, dashed }) => ({ name, tone, dashed: dashed === true }));
  const references = (options.references ?? []).map(({ name }) => ({
    name,
    tone: 'dense' as const,
    dashed: true,
  }));
  return [...lines, ...references];
}

function referenceLines(options: LineChartOptions, plot: Plot): string {
  const drawn = (options.references ?? []).filter((reference) => plot.y.holds(reference.value));
  const at = (value: number) =>
    plot.frame.bottom - plot.y.fraction(value) * (plot.frame.bottom - plot.frame.top);
  return drawn
    .map(({ value }) =>
      svgLine(plot.frame.left, at(value), plot.frame.right, at(value), 'line dense dashed thin'),
    )
    .join('');
}

function emptyNote(plot: Plot): string {
  const { left, right, top, bottom } = plot.frame;
  const style = { class: 'muted halo', 'text-anchor': 'middle' };
  return svgText((left + right) / 2, (top + bottom) / 2, 'no data', style);
}

/** Room for the names at the line ends, or for half a value above the last dot. */
function rightMargin(options: LineChartOptions, entries: readonly LegendEntry[], width: number): number {
  const widest = Math.max(0, ...entries.map((entry) => textWidth(entry.name)));
  if (width >= directWidth) return Math.min(widest, width / 3) + 22;
  return options.lines.some((line) => line.values !== undefined) ? 28 : 12;
}

/** A line chart as one `<svg>`, styled by the page's sheet. Empty series give an empty plot that says so. */
export function lineChart(options: LineChartOptions): string {
  const width = options.width ?? 760;
  const entries = legendEntries(options);
  const direct = width >= directWidth;
  const title = titleBlock(options.title, width);
  const legend = direct ? { svg: '', height: 0 } : legendBlock(entries, title.height + 4, width);
  const labelTop = title.height + legend.height + 18;
  const hasValues = options.lines.some((line) => line.values === 'above');
  const top = labelTop + 16 + ((options.phases?.length ?? 0) > 0 ? 20 : 0) + (hasValues ? 12 : 0);
  const bottom = top + (options.plotHeight ?? 210);
  const plot = makePlot(options, top, bottom, rightMargin(options, entries, width), width);
  const isEmpty = !options.lines.some((line) => line.points.some((point) => plot.place(point)));
  return svgRoot(
    width,
    bottom + 44,
    `${options.title}: ${options.y.label} against ${options.x.label}`,
    title.svg,
    legend.svg,
    svgText(0, labelTop, fitText(options.y.label, width), { class: 'muted' }),
    phaseBands(options.phases ?? [], plot),
    yAxis(options.y, plot.y, plot.frame),
    xAxis(options.x, plot.x, plot.frame, false),
    referenceLines(options, plot),
    ...options.lines.map((line) => lineSpreads(line, plot)),
    ...options.lines.map((line) => linePath(line, plot)),
    ...options.lines.map((line) => lineDots(line, plot)),
    pointLabels(options.lines, plot),
    direct ? lineLabels(options.lines, options.references ?? [], plot, width) : '',
    isEmpty ? emptyNote(plot) : tooltipColumns(options.lines, options.phases ?? [], options.x.label, plot),
  );
}
