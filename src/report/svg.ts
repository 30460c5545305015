/** SVG building blocks that every chart shares: the root, text, wrapped titles, legends and axes. */
import { type Attributes, element, escapeText } from './markup.js';
import { makeScale, plainTick, type Scale, type ScaleOptions, type TickFormat } from './scale.js';

/** Colour of a series; the page's style sheet gives each tone a light and a dark value. */
export type Tone = 'sparse' | 'dense' | 'warm' | 'cool' | 'rose' | 'gold';

/** One axis: what it measures, and how its scale and tick texts are made. */
export interface ChartAxis extends Omit<ScaleOptions, 'count'> {
  /** Quantity and unit, such as `accuracy (%)`. */
  readonly label: string;
  /** Text of a tick. */
  readonly format?: TickFormat;
  /** Text of one value, in labels and tooltips; four significant digits unless given. */
  readonly valueText?: (value: number) => string;
}

/** Text of one value on an axis. */
export function valueText(axis: ChartAxis, value: number): string {
  return axis.valueText ? axis.valueText(value) : String(Number(value.toPrecision(4)));
}

/** Plot area inside a chart, in view-box units. */
export interface Frame {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Font sizes in view-box units; charts are drawn at about their display size, so these are close to pixels. */
export const fontSize = { title: 15, label: 12.5 } as const;

/** Width of a text in the widest of the fonts a reader may have: an upper estimate, since fonts cannot be measured. */
export function textWidth(text: string, size: number = fontSize.label): number {
  return [...text].length * size * 0.61;
}

/** The text cut to `width`, with an ellipsis when something is missing. */
export function fitText(text: string, width: number, size: number = fontSize.label): string {
  const letters = [...text];
  const room = Math.max(1, Math.floor(width / (size * 0.61)));
  return letters.length <= room ? text : `${letters.slice(0, Math.max(1, room - 1)).join('')}…`;
}

/** Greedy line breaks at spaces; a word longer than `width` gets a line of its own. */
export function wrapText(text: string, width: number, size: number = fontSize.label): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.length - 1;
    const joined = last < 0 ? word : `${lines[last]} ${word}`;
    if (last >= 0 && textWidth(joined, size) <= width) lines[last] = joined;
    else lines.push(word);
  }
  return lines;
}

/** One line of text; it is escaped here. */
export function svgText(x: number, y: number, text: string, attributes: Attributes = {}): string {
  return element('text', { x, y, ...attributes }, escapeText(text));
}

/** A straight line. */
export function svgLine(x1: number, y1: number, x2: number, y2: number, className: string): string {
  return element('line', { x1, y1, x2, y2, class: className });
}

/** Native tooltip of the element it is put into. */
export const tooltip = (text: string): string => element('title', {}, escapeText(text));

/** Root of a chart: scales to its container, keeps its aspect, and is one image with a name to screen readers. */
export function svgRoot(width: number, height: number, label: string, ...children: string[]): string {
  const viewBox = `0 0 ${Math.round(width)} ${Math.round(height)}`;
  return element('svg', { class: 'chart', viewBox, role: 'img', 'aria-label': label }, ...children);
}

/** A block of markup and the height it takes. */
export interface Block {
  readonly svg: string;
  readonly height: number;
}

/** Chart title in the top left corner, wrapped to the width. */
export function titleBlock(title: string, width: number): Block {
  const lines = wrapText(title, width, fontSize.title);
  const svg = lines.map((line, i) => svgText(0, 16 + i * 19, line, { class: 'title' })).join('');
  return { svg, height: 6 + lines.length * 19 };
}

/** A named key of a legend; `dashed` matches lines drawn dashed, `bar` draws a square instead of a line. */
export interface LegendEntry {
  readonly name: string;
  readonly tone: Tone;
  readonly dashed?: boolean;
  readonly bar?: boolean;
}

/** Legend in rows that wrap at `width`, its top at `top`. */
export function legendBlock(entries: readonly LegendEntry[], top: number, width: number): Block {
  let x = 0;
  let row = 0;
  let svg = '';
  for (const entry of entries) {
    const indent = entry.bar ? 20 : 26;
    const taken = indent + textWidth(entry.name);
    if (x > 0 && x + taken > width) {
      x = 0;
      row++;
    }
    const y = top + 12 + row * 20;
    svg += entry.bar
      ? element('rect', { x, y: y - 9, width: 14, height: 10, rx: 2, class: `fill ${entry.tone}` })
      : svgLine(x, y - 4, x + 20, y - 4, `line ${entry.tone}${entry.dashed ? ' dashed' : ''}`);
    svg += svgText(x + indent, y, fitText(entry.name, width - indent), { class: 'ink' });
    x += taken + 16;
  }
  return { svg, height: entries.length === 0 ? 0 : (row + 1) * 20 };
}

/** Log ticks may crowd: then only powers of ten stay, at least `room` apart. */
function thinned(scale: Scale, length: number, room: number): Scale {
  if (scale.step > 0 || scale.ticks.length * room <= length) return scale;
  const tens = scale.ticks.filter((tick) => Number.isInteger(Math.round(Math.log10(tick) * 1e9) / 1e9));
  const every = Math.max(1, Math.ceil((tens.length * room) / length));
  return tens.length < 2 ? scale : { ...scale, ticks: tens.filter((_, i) => i % every === 0) };
}

/** The scale of an axis with as many ticks as fit on `length`, each needing `room`. */
export function axisScale(axis: ChartAxis, values: readonly number[], length: number, room: number): Scale {
  const count = Math.min(10, Math.max(2, Math.floor(length / room)));
  return thinned(makeScale(values, { ...axis, count }), length, room);
}

/** Tick texts of an axis, in the order of its ticks. */
export function tickTexts(axis: ChartAxis, scale: Scale): string[] {
  const format = axis.format ?? plainTick;
  return scale.ticks.map((tick) => format(tick, scale.step));
}

/** Horizontal grid lines with their values to the left, and the axis label above the plot. */
export function yAxis(axis: ChartAxis, scale: Scale, frame: Frame): string {
  const texts = tickTexts(axis, scale);
  const marks = scale.ticks.map((tick, i) => {
    const y = frame.bottom - scale.fraction(tick) * (frame.bottom - frame.top);
    const text = svgText(frame.left - 8, y + 4, texts[i]!, { class: 'tick', 'text-anchor': 'end' });
    return svgLine(frame.left, y, frame.right, y, 'grid') + text;
  });
  return marks.join('');
}

/** 1 - share is a power of ten: the shares that name a decade on a scale of what is left. */
const isDecade = (share: number) => Number.isInteger(Math.round(Math.log10(1 - share) * 1e6) / 1e6);

/** Which ticks have room for their texts side by side: the ends come first, then, on scales of shares, decades. */
function readableTicks(
  { kind }: ChartAxis,
  texts: readonly string[],
  ticks: readonly number[],
  at: readonly number[],
) {
  const shares = kind === 'density' || kind === 'error';
  const isEnd = (i: number) => i === 0 || i === ticks.length - 1;
  const rank = (i: number) => (isEnd(i) ? 0 : shares && isDecade(ticks[i]!) ? 1 : 2);
  const order = ticks.map((_, i) => i).sort((a, b) => rank(a) - rank(b) || a - b);
  const shown = new Set<number>();
  for (const i of order) {
    const room = (j: number) => (textWidth(texts[i]!) + textWidth(texts[j]!)) / 2 + 4;
    if ([...shown].every((j) => Math.abs(at[i]! - at[j]!) >= room(j))) shown.add(i);
  }
  return shown;
}

/** Base line, ticks with their values below it where there is room, and the axis label below these; `grid` draws lines upwards. */
export function xAxis(axis: ChartAxis, scale: Scale, frame: Frame, grid: boolean): string {
  const texts = tickTexts(axis, scale);
  const at = scale.ticks.map((tick) => frame.left + scale.fraction(tick) * (frame.right - frame.left));
  const shown = readableTicks(axis, texts, scale.ticks, at);
  const marks = at.map((x, i) => {
    const mark = grid
      ? svgLine(x, frame.top, x, frame.bottom, 'grid')
      : svgLine(x, frame.bottom, x, frame.bottom + 4, 'axis');
    if (!shown.has(i)) return mark;
    return mark + svgText(x, frame.bottom + 18, texts[i]!, { class: 'tick', 'text-anchor': 'middle' });
  });
  const middle = (frame.left + frame.right) / 2;
  const label = svgText(middle, frame.bottom + 37, axis.label, { class: 'muted', 'text-anchor': 'middle' });
  return marks.join('') + svgLine(frame.left, frame.bottom, frame.right, frame.bottom, 'axis') + label;
}
