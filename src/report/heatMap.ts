/** Heat maps of counts on a grid, such as how many weights read each pixel. */
import { ShapeError } from '../errors.js';
import { element } from './markup.js';
import { fontSize, svgRoot, svgText, textWidth, titleBlock, tooltip } from './svg.js';

/** What a heat map shows; `values` is row-major, [rows · columns]. Values that are not above 0 count as empty. */
export interface HeatMapOptions {
  readonly title: string;
  readonly rows: number;
  readonly columns: number;
  readonly values: readonly number[];
  /** What a value counts, such as `weights per pixel`. */
  readonly label: string;
  /** Name of a cell without a value, such as `unread`. */
  readonly emptyLabel?: string;
  readonly format?: (value: number) => string;
  readonly width?: number;
}

/** Number of colour steps above empty; the style sheet has `--heat-1` to `--heat-7`. */
export const heatSteps = 7;

/** Colour step of a value: 0 when empty, else 1 to `heatSteps`, linear up to `most`. */
export function heatStep(value: number, most: number): number {
  if (!(value > 0) || !Number.isFinite(value)) return 0;
  return Math.min(heatSteps, 1 + Math.floor((value / most) * heatSteps * (1 - 1e-9)));
}

function cells(options: HeatMapOptions, most: number, size: number, top: number): string {
  const format = options.format ?? String;
  const marks = Array.from({ length: options.rows * options.columns }, (_, i) => {
    const row = Math.floor(i / options.columns);
    const column = i % options.columns;
    const value = options.values[i]!;
    const step = heatStep(value, most);
    const shown = step === 0 ? (options.emptyLabel ?? '0') : format(value);
    const tip = tooltip(`row ${row + 1}, column ${column + 1}: ${shown}`);
    // Empty cells are small dots: a difference of shape, for readers who cannot tell the two palest colours apart.
    const inset = step === 0 ? size * 0.38 : 0.5;
    const side = size - 2 * inset;
    const box = { x: column * size + inset, y: top + row * size + inset, width: side, height: side };
    return element('rect', { ...box, class: `heat h${step}` }, tip);
  });
  return marks.join('');
}

/** Colour key: the empty mark with its name, then the steps with the lowest and the highest value. */
function scaleLegend(options: HeatMapOptions, most: number, top: number, width: number): string {
  const format = options.format ?? String;
  const empty = options.emptyLabel ?? '0';
  const from = 20 + textWidth(empty) + 16;
  const step = Math.min(26, (width - from - 40) / heatSteps);
  const positive = options.values.filter((value) => value > 0 && Number.isFinite(value));
  const least = positive.reduce((low, value) => Math.min(low, value), most);
  const y = top + 10;
  const dot = element('rect', { x: 4, y: y + 3.5, width: 5, height: 5, class: 'heat h0' });
  const parts = [dot, svgText(16, y + 11, empty, { class: 'tick' })];
  for (let i = 1; i <= heatSteps; i++) {
    const box = { x: from + (i - 1) * step, y, width: step, height: 13 };
    const range = `up to ${format(Math.round((i / heatSteps) * most * 100) / 100)}`;
    parts.push(element('rect', { ...box, class: `heat h${i}` }, tooltip(range)));
  }
  if (most > 0) {
    const end = from + heatSteps * step;
    parts.push(svgText(from, y + 29, format(least), { class: 'tick' }));
    parts.push(svgText(end, y + 29, format(most), { class: 'tick', 'text-anchor': 'end' }));
    parts.push(svgText((from + end) / 2, y + 29, options.label, { class: 'muted', 'text-anchor': 'middle' }));
  }
  return parts.join('');
}

/** A heat map as one `<svg>`, styled by the page's sheet. Throws ShapeError unless there is one value per cell. */
export function heatMap(options: HeatMapOptions): string {
  const expected = options.rows * options.columns;
  if (options.values.length !== expected) {
    throw new ShapeError(`heatMap: values must have length ${expected}, got ${options.values.length}`);
  }
  const width = options.width ?? 360;
  const size = width / Math.max(1, options.columns);
  const title = titleBlock(options.title, width);
  const top = title.height + 8;
  const bottom = top + size * options.rows;
  const most = options.values.reduce(
    (high, value) => (Number.isFinite(value) ? Math.max(high, value) : high),
    0,
  );
  return svgRoot(
    width,
    bottom + 30 + fontSize.label,
    `${options.title}: ${options.label}, ${options.rows} by ${options.columns}`,
    title.svg,
    cells(options, most, size, top),
    scaleLegend(options, most, bottom, width),
  );
}
