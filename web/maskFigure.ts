/** The picture of a layer: a dot for every weight that is left. */
import { formatCount } from '../src/report/table.js';
import { channels, make } from './dom.js';
import { percentText } from './format.js';
import type { Mask } from './messages.js';
import { paint } from './paint.js';

/** From this many weights in a line on, a picture takes the whole width. */
const LARGE = 400;

/** What a layer joins, or what its filters look at. */
function shapeText({ shape, rows, columns }: Mask): string {
  if (shape.length > 2) {
    return `${formatCount(rows)} ${rows === 1 ? 'filter' : 'filters'} of ${shape.slice(1).join('×')}`;
  }
  return `${formatCount(columns)} inputs to ${formatCount(rows)} units`;
}

/** Inputs go across and units down, or the other way round: a picture is never taller than wide. */
export function maskFigure(mask: Mask): HTMLElement {
  const { rows, columns, live, count } = mask;
  const turned = rows > columns;
  const [width, height] = turned ? [rows, columns] : [columns, rows];
  const figure = make('figure', width > LARGE ? 'mask large' : 'mask');
  const canvas = make('canvas');
  const what = mask.shape.length > 2 ? 'weights' : 'connections';
  const text = `${formatCount(count)} of ${formatCount(live.length)} ${what} left`;
  canvas.setAttribute('role', 'img');
  canvas.setAttribute('aria-label', `${mask.name}: ${shapeText(mask)}, ${text}`);
  canvas.style.setProperty('--cells', String(width));
  canvas.style.setProperty('--ratio', String(width / height));
  const [paper, ink] = [channels('--paper'), channels('--sparse')];
  const at = turned ? (i: number) => (i % width) * columns + Math.floor(i / width) : (i: number) => i;
  paint(canvas, width, height, (i) => (live[at(i)] === 1 ? ink : paper));
  const caption = make('figcaption');
  const share = percentText(count / live.length, 1);
  caption.append(make('b', '', shapeText(mask)), make('span', '', `${text}, ${share}`));
  figure.append(canvas, caption);
  return figure;
}
