/** Tables of the smallest networks: every run, and means over the seeds. */
import { formatCount, formatPercent, table } from '../../src/report/index.js';
import { machine } from '../machine.js';
import { errorText } from './errorTable.js';
import type { LedgerLine } from './ledger.js';
import { type Cell, cellsOf, figureOf } from './statistics.js';

/** Parameters and test error of the released model of Dynamic Network Surgery, counted and run on the official test set. */
const MARK = { parameters: 4988, error: 0.0199 };

const counted = ['weights1', 'weights2', 'weights3', 'biases', 'parameters', 'pixels', 'units1', 'units2'];

function rowOf(line: LedgerLine): string[] {
  return [
    line.method,
    `${line.seed}`,
    ...counted.map((name) => formatCount(line.figures![name]!)),
    formatPercent(line.validationError),
    formatPercent(line.testError),
  ];
}

/** Parameters of the largest network of a cell. */
const most = ({ lines }: Cell) => Math.max(...lines.map(({ figures }) => figures!.parameters!));

/** No network of the cell is larger than the mark, and their mean error is no higher. */
const meets = (cell: Cell) => most(cell) <= MARK.parameters && cell.testError.mean <= MARK.error;

function meanRow(cell: Cell): string[] {
  const parameters = figureOf(cell, 'parameters').mean;
  return [
    cell.method,
    `${cell.lines.length}`,
    formatCount(Math.round(parameters)),
    formatCount(most(cell)),
    `${Number((266610 / parameters).toFixed(1))}x`,
    errorText(cell.validationError),
    errorText(cell.testError),
    meets(cell) ? 'yes' : 'no',
  ];
}

/** The smallest networks that keep to the mark on average. */
function headlineOf(cells: readonly Cell[]): string {
  const [smallest] = cells.filter(meets).sort((a, b) => most(a) - most(b));
  const mark = `Dynamic Network Surgery: ${formatCount(MARK.parameters)} parameters, ${formatPercent(MARK.error)}.`;
  if (!smallest) return `${mark} No budget keeps to both.`;
  return (
    `${mark} Here at most ${formatCount(most(smallest))} parameters make ${errorText(smallest.testError)} ` +
    `(${smallest.lines.length} seeds, final weights, official test set).`
  );
}

/** Prints the tables on stderr; returns what --json prints. */
export function finishExtreme(lines: readonly LedgerLine[]): unknown {
  const cells = cellsOf(lines);
  const head = ['limit', 'seed', 'fc1', 'fc2', 'fc3', 'biases', 'parameters', 'pixels', 'units 1', 'units 2'];
  console.error(`\nLeNet-300-100 on MNIST, live weights and biases\n${machine()}\n`);
  console.error(table([[...head, 'validation', 'test'], ...lines.map(rowOf)]));
  const means = ['limit', 'seeds', 'parameters', 'at most', 'smaller', 'validation', 'test'];
  console.error(`\n${table([[...means, 'meets the mark'], ...cells.map(meanRow)])}`);
  const headline = headlineOf(cells);
  console.error(`\n${headline}`);
  return { headline, lines };
}
