/** Grids of shaded cells as a few paths: small, and sharp at every size. */
import { element } from './markup.js';

/** Colour step of a cell; 0 draws nothing. */
export type StepAt = (row: number, column: number) => number;

/** One `<path>` for each step, made of horizontal runs of cells one unit wide; `className` names the colour of a step. */
export function cellPaths(
  rows: number,
  columns: number,
  stepAt: StepAt,
  className: (step: number) => string,
): string {
  const paths = new Map<number, string>();
  for (let row = 0; row < rows; row++) {
    let column = 0;
    while (column < columns) {
      const step = stepAt(row, column);
      let end = column + 1;
      while (end < columns && stepAt(row, end) === step) end++;
      if (step !== 0) {
        paths.set(step, `${paths.get(step) ?? ''}M${column} ${row + 0.5}h${end - column}`);
      }
      column = end;
    }
  }
  const ordered = [...paths].sort(([a], [b]) => a - b);
  return ordered.map(([step, d]) => element('path', { d, class: className(step) })).join('');
}

/** The paths at a place and in a size: `size` is the side of a cell. */
export function placedCells(paths: string, x: number, y: number, size: number): string {
  const round = (value: number) => String(Math.round(value * 1000) / 1000);
  const transform = `translate(${round(x)} ${round(y)}) scale(${round(size)})`;
  return element('g', { class: 'cells', transform }, paths);
}
