/** Curves with marks of their own and a band of deviation: one panel of small multiples. */
import { element } from './markup.js';
import type { Scale } from './scale.js';
import {
  axisScale,
  type Block,
  type ChartAxis,
  type Frame,
  fitText,
  svgLine,
  svgRoot,
  svgText,
  type Tone,
  textWidth,
  tickTexts,
  titleBlock,
  tooltip,
  valueText,
  xAxis,
  yAxis,
} from './svg.js';

/** One point; `deviation` is the half height of the band there. */
export interface CurvePoint {
  readonly x: number;
  readonly y: number;
  readonly deviation?: number;
  /** First line of the tooltip. */
  readonly note?: string;
}

/** Shape of the marks, so that curves differ without their colours. */
export type Mark = 'circle' | 'square' | 'diamond' | 'triangle' | 'nabla' | 'ring';

/** One curve, its points in the order in which they are joined. */
export interface Curve {
  readonly name: string;
  readonly tone: Tone;
  readonly mark: Mark;
  readonly points: readonly CurvePoint[];
}

/** What a panel shows. */
export interface CurveChartOptions {
  readonly title: string;
  readonly x: ChartAxis;
  readonly y: ChartAxis;
  readonly curves: readonly Curve[];
  readonly width?: number;
  readonly plotHeight?: number;
}

/** Colour and mark of the i-th curve. */
export function curveStyle(i: number): { readonly tone: Tone; readonly mark: Mark } {
  const tones: readonly Tone[] = ['sparse', 'warm', 'cool', 'rose', 'gold', 'dense'];
  const marks: readonly Mark[] = ['circle', 'square', 'diamond', 'triangle', 'nabla', 'ring'];
  return { tone: tones[i % tones.length]!, mark: marks[(i + Math.floor(i / tones.length)) % marks.length]! };
}

const markPaths = {
  square: 'M-3.6 -3.6h7.2v7.2h-7.2z',
  diamond: 'M0 -5L5 0L0 5L-5 0z',
  triangle: 'M0 -4.8L4.8 3.8H-4.8z',
  nabla: 'M0 4.8L4.8 -3.8H-4.8z',
} as const;

/** A mark around a point. */
function markAt(x: number, y: number, mark: Mark, tone: Tone, ...children: string[]): string {
  if (mark === 'circle' || mark === 'ring') {
    const hollow = mark === 'ring' ? ' hollow' : '';
    return element('circle', { cx: x, cy: y, r: 4.2, class: `dot ${tone}${hollow}` }, ...children);
  }
  const transform = `translate(${x.toFixed(1)} ${y.toFixed(1)})`;
  return element('path', { d: markPaths[mark], transform, class: `dot ${tone}` }, ...children);
}

interface Panel {
  readonly frame: Frame;
  readonly x: Scale;
  readonly y: Scale;
}

function xOf({ frame, x }: Panel, value: number): number {
  return frame.left + x.fraction(value) * (frame.right - frame.left);
}

function yOf({ frame, y }: Panel, value: number): number {
  return frame.bottom - y.fraction(value) * (frame.bottom - frame.top);
}

const isShown = ({ x, y }: Panel, point: CurvePoint) => x.holds(point.x) && y.holds(point.y);

function bandOf(panel: Panel, { points, tone }: Curve): string {
  const shown = points.filter((point) => isShown(panel, point) && point.deviation !== undefined);
  if (shown.length < 2) return '';
  // A band may reach beyond what the axis can hold, such as an accuracy above 1.
  const within = (value: number) => Math.min(Math.max(value, panel.y.low), panel.y.high);
  const edge = (point: CurvePoint, sign: number) => {
    const y = yOf(panel, within(point.y + sign * point.deviation!));
    return `${xOf(panel, point.x).toFixed(1)} ${y.toFixed(1)}`;
  };
  const there = shown.map((point) => edge(point, 1));
  const back = [...shown].reverse().map((point) => edge(point, -1));
  return element('path', { d: `M${[...there, ...back].join('L')}z`, class: `spread ${tone}` });
}

function lineOf(panel: Panel, { points, tone }: Curve): string {
  const shown = points.filter((point) => isShown(panel, point));
  if (shown.length < 2) return '';
  const steps = shown.map((point) => `${xOf(panel, point.x).toFixed(1)} ${yOf(panel, point.y).toFixed(1)}`);
  return element('path', { d: `M${steps.join('L')}`, class: `line ${tone}` });
}

function marksOf(panel: Panel, { points, tone, mark, name }: Curve, options: CurveChartOptions): string {
  const shown = points.filter((point) => isShown(panel, point));
  const marks = shown.map((point) => {
    const spread = point.deviation === undefined ? '' : ` ± ${valueText(options.y, point.deviation)}`;
    const texts = [
      point.note ?? name,
      `${options.x.label}: ${valueText(options.x, point.x)}`,
      `${options.y.label}: ${valueText(options.y, point.y)}${spread}`,
    ];
    return markAt(xOf(panel, point.x), yOf(panel, point.y), mark, tone, tooltip(texts.join('\n')));
  });
  return marks.join('');
}

function layOut(options: CurveChartOptions, top: number, width: number): Panel {
  const points = options.curves.flatMap((curve) => curve.points);
  const bottom = top + (options.plotHeight ?? 170);
  const reach = points.flatMap(({ y, deviation = 0 }) => [y - deviation, y + deviation]);
  const y = axisScale(options.y, reach, bottom - top, 36);
  const left = 12 + Math.max(16, ...tickTexts(options.y, y).map((text) => textWidth(text)));
  const frame = { left, right: width - 14, top, bottom };
  const values = points.map((point) => point.x);
  return { frame, x: axisScale(options.x, values, frame.right - left, 56), y };
}

/** A panel as one `<svg>`, styled by the page's sheet. */
export function curveChart(options: CurveChartOptions): string {
  const width = options.width ?? 380;
  const title = titleBlock(options.title, width);
  const panel = layOut(options, title.height + 34, width);
  const { frame } = panel;
  return svgRoot(
    width,
    frame.bottom + 44,
    `${options.title}: ${options.y.label} against ${options.x.label}`,
    title.svg,
    svgText(0, title.height + 14, fitText(options.y.label, width), { class: 'muted' }),
    yAxis(options.y, panel.y, frame),
    xAxis(options.x, panel.x, frame, false),
    ...options.curves.map((curve) => bandOf(panel, curve)),
    ...options.curves.map((curve) => lineOf(panel, curve)),
    ...options.curves.map((curve) => marksOf(panel, curve, options)),
  );
}

function legendRows(curves: readonly Curve[], width: number): Block {
  let [x, row, svg] = [0, 0, ''];
  for (const { name, tone, mark } of curves) {
    const taken = 32 + textWidth(name);
    if (x > 0 && x + taken > width) [x, row] = [0, row + 1];
    const y = 10 + row * 22;
    svg += svgLine(x, y, x + 24, y, `line ${tone}`) + markAt(x + 12, y, mark, tone);
    svg += svgText(x + 32, y + 4, fitText(name, width - 32), { class: 'ink' });
    x += taken + 18;
  }
  return { svg, height: row * 22 + 20 };
}

/** The names of curves with their marks, for all panels together. */
export function curveLegend(curves: readonly Curve[], width: number): string {
  const { svg, height } = legendRows(curves, width);
  return svgRoot(width, height, `Curves: ${curves.map(({ name }) => name).join(', ')}`, svg);
}
