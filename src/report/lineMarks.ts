/** What a line chart draws inside its frame: paths, dots, phases and tooltips. */
import { element } from './markup.js';
import type { Scale } from './scale.js';
import { type Frame, svgLine, svgText, type Tone, textWidth, tooltip } from './svg.js';

/** One series. Points that are not finite, or not positive on a log axis, leave a gap. */
export interface Line {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  readonly tone: Tone;
  readonly dashed?: boolean;
  /** Draw a dot at each point. */
  readonly dots?: boolean;
  /** Write each value beside its dot where there is room, later points first. */
  readonly values?: 'above' | 'below';
  /** Half the length of a vertical bar through each point, such as a standard deviation; not finite draws none. */
  readonly spreads?: readonly number[];
}

/** A horizontal line to compare with. */
export interface Reference {
  readonly name: string;
  readonly value: number;
}

/** A stretch of x with a name above the plot; `short` is used when `name` does not fit. */
export interface Phase {
  readonly from: number;
  readonly to: number;
  readonly name: string;
  readonly short?: string;
}

/** Everything the marks need to place themselves. */
export interface Plot {
  readonly frame: Frame;
  /** Right end of the room for values beside dots. */
  readonly valueRight: number;
  readonly x: Scale;
  readonly y: Scale;
  /** View-box position of a point, or undefined when an axis cannot hold it. */
  place(point: readonly [number, number]): readonly [x: number, y: number] | undefined;
  xText(value: number): string;
  yText(value: number): string;
}

/** The polyline of a series, broken where a point is missing. */
export function linePath(line: Line, plot: Plot): string {
  let d = '';
  let open = false;
  for (const point of line.points) {
    const at = plot.place(point);
    if (at) d += `${open ? 'L' : 'M'}${at[0].toFixed(1)} ${at[1].toFixed(1)}`;
    open = at !== undefined;
  }
  return d === '' ? '' : element('path', { d, class: `line ${line.tone}${line.dashed ? ' dashed' : ''}` });
}

/** Dots at the points; a lone point always gets one, since its path has no length. */
export function lineDots(line: Line, plot: Plot): string {
  const placed = line.points.map((point) => plot.place(point));
  const dots = placed.map((at, i) => {
    const alone = !placed[i - 1] && !placed[i + 1];
    if (!at || !(line.dots || alone)) return '';
    return element('circle', {
      cx: at[0],
      cy: at[1],
      r: 4,
      class: `dot ${line.tone}${line.dashed ? ' hollow' : ''}`,
    });
  });
  return dots.join('');
}

/** Vertical bars through the points of a series, cut off at the edges of the plot. */
export function lineSpreads(line: Line, plot: Plot): string {
  const { top, bottom } = plot.frame;
  const bars = line.points.map(([x, y], i) => {
    const half = line.spreads?.[i] ?? Number.NaN;
    const at = plot.place([x, y]);
    if (!at || !(half > 0)) return '';
    const end = (value: number, edge: number) => plot.place([x, value])?.[1] ?? edge;
    return svgLine(at[0], end(y + half, top), at[0], end(y - half, bottom), `line thin ${line.tone}`);
  });
  return bars.join('');
}

/** Alternating bands behind the plot with names above it; a name that does not fit is left to the tooltip. */
export function phaseBands(phases: readonly Phase[], plot: Plot): string {
  const { left, right, top, bottom } = plot.frame;
  const at = (value: number) => left + plot.x.fraction(value) * (right - left);
  const bands = phases.map((phase, i) => {
    const from = at(phase.from);
    const width = Math.max(0, at(phase.to) - from);
    const box = { x: from, y: top - 20, width, height: bottom - top + 20 };
    const band = element(
      'rect',
      { ...box, class: i % 2 === 0 ? 'band' : 'band alternate' },
      tooltip(phase.name),
    );
    const name = [phase.name, phase.short ?? ''].find((text) => text !== '' && textWidth(text) + 6 <= width);
    const middle = from + width / 2;
    const label = name ? svgText(middle, top - 6, name, { class: 'muted', 'text-anchor': 'middle' }) : '';
    return band + (i === 0 ? '' : svgLine(from, top - 20, from, bottom, 'boundary')) + label;
  });
  return bands.join('');
}

/** More columns than this could not be pointed at, and would only make the page heavy. */
const mostColumns = 400;

/** Invisible columns, one per x, each with a guide line and all values at that x as its tooltip. */
export function tooltipColumns(
  lines: readonly Line[],
  phases: readonly Phase[],
  xLabel: string,
  plot: Plot,
): string {
  const texts = new Map<number, string[]>();
  for (const line of lines) {
    for (const point of line.points) {
      if (!plot.place(point)) continue;
      const text = texts.get(point[0]) ?? [];
      text.push(`${line.name}: ${plot.yText(point[1])}`);
      texts.set(point[0], text);
    }
  }
  const values = [...texts.keys()].sort((a, b) => a - b);
  if (values.length > mostColumns) return '';
  const { left, right, top, bottom } = plot.frame;
  const xs = values.map((value) => left + plot.x.fraction(value) * (right - left));
  const columns = values.map((value, i) => {
    const from = i === 0 ? left : (xs[i - 1]! + xs[i]!) / 2;
    const to = i === xs.length - 1 ? right : (xs[i]! + xs[i + 1]!) / 2;
    const phase = phases.find((each) => value >= each.from && value <= each.to);
    const head = `${xLabel} ${plot.xText(value)}${phase ? `, ${phase.name}` : ''}`;
    const area = element('rect', { x: from, y: top, width: Math.max(0, to - from), height: bottom - top });
    const guide = svgLine(xs[i]!, top, xs[i]!, bottom, 'guide');
    return element('g', { class: 'column' }, tooltip([head, ...texts.get(value)!].join('\n')), area, guide);
  });
  return columns.join('');
}
