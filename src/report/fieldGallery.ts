/** What single units look at: their weights, laid out as the image that they read. */
import { cellPaths, placedCells } from './cells.js';
import { element } from './markup.js';
import { svgRoot, tooltip } from './svg.js';

/** Weights of one unit, [rows * columns]; 0 where nothing is live. */
export interface Field {
  readonly name: string;
  readonly weights: ArrayLike<number>;
}

/** Shades of either sign. */
const shades = 3;
const side = 84;

/** 1 to 3 for positive weights, 4 to 6 for negative ones, by size. */
function stepOf(weight: number, most: number): number {
  if (weight === 0 || !(most > 0)) return 0;
  const shade = Math.min(shades, 1 + Math.floor((Math.abs(weight) / most) * shades * (1 - 1e-9)));
  return weight > 0 ? shade : shades + shade;
}

function classOf(step: number): string {
  return `${step > shades ? 'below' : 'above'} shade${((step - 1) % shades) + 1}`;
}

function picture({ name, weights }: Field, rows: number, columns: number): string {
  let most = 0;
  for (let i = 0; i < weights.length; i++) most = Math.max(most, Math.abs(weights[i]!));
  const at = (row: number, column: number) => stepOf(weights[row * columns + column]!, most);
  const height = (side * rows) / columns;
  const paper = element('rect', { x: 0, y: 0, width: side, height, rx: 3, class: 'paper' });
  const cells = placedCells(cellPaths(rows, columns, at, classOf), 0, 0, side / columns);
  return svgRoot(side, height, name, tooltip(name), paper, cells);
}

/** Pictures in a grid: green for weights above zero, orange below, stronger for larger ones. */
export function fieldGallery(fields: readonly Field[], rows: number, columns: number): string {
  const items = fields.map((field) => element('div', {}, picture(field, rows, columns)));
  return element('div', { class: 'fields' }, ...items);
}
