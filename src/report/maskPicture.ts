/** A mask as a picture: which weights of a matrix are left, shaded by how many of a small block are. */
import { cellPaths, placedCells } from './cells.js';
import { heatSteps } from './heatMap.js';
import { element } from './markup.js';
import { fontSize, svgRoot, svgText, textWidth, titleBlock } from './svg.js';
import { formatPercent } from './table.js';

/** A matrix [rows, columns] with the row-major positions of its live weights; null stands for all. */
export interface MaskPictureOptions {
  readonly title: string;
  readonly rows: number;
  readonly columns: number;
  readonly positions: ArrayLike<number> | null;
  /** Names of what rows and columns are, such as `units` and `inputs`. */
  readonly rowLabel?: string;
  readonly columnLabel?: string;
  readonly width?: number;
}

/** More cells than this would be smaller than a pixel, and make the page heavy. */
const mostColumns = 196;
const mostRows = 100;
const mostSide = 14;
const mostHeight = 400;

/** Shares of live weights in equal blocks of a matrix. */
interface Blocks {
  readonly rows: number;
  readonly columns: number;
  /** Weights in the rows and columns of a block. */
  readonly height: number;
  readonly width: number;
  readonly shares: Float64Array;
}

function blocksOf({ rows, columns, positions }: MaskPictureOptions): Blocks {
  const height = Math.ceil(rows / mostRows);
  const width = Math.ceil(columns / mostColumns);
  const blocks = { rows: Math.ceil(rows / height), columns: Math.ceil(columns / width), height, width };
  const length = blocks.rows * blocks.columns;
  if (!positions) return { ...blocks, shares: new Float64Array(length).fill(1) };
  const shares = new Float64Array(length);
  for (let i = 0; i < positions.length; i++) {
    const row = Math.floor(positions[i]! / columns);
    const column = positions[i]! - row * columns;
    shares[Math.floor(row / height) * blocks.columns + Math.floor(column / width)]!++;
  }
  for (let i = 0; i < length; i++) {
    const row = Math.floor(i / blocks.columns) * height;
    const column = (i % blocks.columns) * width;
    shares[i]! /= Math.min(height, rows - row) * Math.min(width, columns - column);
  }
  return { ...blocks, shares };
}

/** Shades of the shares up to `most`, and what an empty cell is. */
function key(most: number, whole: boolean, y: number): string {
  const dot = element('rect', { x: 0, y: y + 1, width: 11, height: 11, class: 'paper' });
  const empty = dot + svgText(18, y + 11, 'pruned', { class: 'tick' });
  const from = 18 + textWidth('pruned') + 18;
  if (whole) {
    const live = element('rect', { x: from, y: y + 1, width: 11, height: 11, class: 'heat h6' });
    return empty + live + svgText(from + 18, y + 11, 'live', { class: 'tick' });
  }
  const steps = Array.from({ length: heatSteps - 1 }, (_, i) =>
    element('rect', { x: from + i * 16, y: y + 1, width: 16, height: 11, class: `heat h${i + 2}` }),
  );
  const text = `up to ${formatPercent(most, most < 0.1 ? 1 : 0)} of a cell live`;
  return empty + steps.join('') + svgText(from + (heatSteps - 1) * 16 + 8, y + 11, text, { class: 'tick' });
}

/** The picture as one `<svg>`. */
export function maskPicture(options: MaskPictureOptions): string {
  const { rows, columns } = options;
  const width = options.width ?? 760;
  const blocks = blocksOf(options);
  const { shares } = blocks;
  const whole = blocks.height * blocks.width === 1;
  const most = shares.reduce((high, share) => Math.max(high, share), 0);
  const step = (share: number) =>
    whole ? 6 : 1 + Math.ceil(Math.sqrt(share / most) * (heatSteps - 1) - 1e-9);
  const size = Math.min(mostSide, width / blocks.columns, mostHeight / blocks.rows);
  const title = titleBlock(options.title, width);
  const top = title.height + 26;
  const side = { width: blocks.columns * size, height: blocks.rows * size };
  const paths = cellPaths(
    blocks.rows,
    blocks.columns,
    (row, column) => {
      const share = shares[row * blocks.columns + column]!;
      return share === 0 ? 0 : step(share);
    },
    (one) => `stroke-h${one}`,
  );
  const cell = whole ? 'a cell is one weight' : `a cell is ${blocks.height} x ${blocks.width} weights`;
  const labels = `${rows} ${options.rowLabel ?? 'rows'} down, ${columns} ${options.columnLabel ?? 'columns'} across`;
  const bottom = top + side.height;
  return svgRoot(
    width,
    bottom + 18 + fontSize.label,
    `${options.title}: ${labels}`,
    title.svg,
    svgText(0, title.height + 14, `${labels}; ${cell}`, { class: 'muted' }),
    element('rect', { x: 0, y: top, ...side, class: 'paper' }),
    placedCells(paths, 0, top, size),
    most > 0 ? key(most, whole, bottom + 12) : svgText(0, bottom + 22, 'nothing is live', { class: 'tick' }),
  );
}
