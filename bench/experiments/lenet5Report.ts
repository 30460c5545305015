/** What the experiments on LeNet-5 found. */
import { formatCount, formatPercent } from '../../src/report/index.js';
import { seedBars } from './errorBars.js';
import { claimOfValue, claimsAgainst, errorText, lossText } from './errorTable.js';
import { type ExperimentReport, errorTile, type Series } from './experimentPage.js';
import type { Plain } from './ledger.js';
import { type Cell, figureOf } from './statistics.js';

const series: readonly Series[] = [
  { method: 'dense', name: 'dense', tone: 'dense' },
  { method: 'trained on', name: 'dense, trained on', tone: 'warm' },
  { method: 'pruned', name: '8.4 % kept', tone: 'sparse' },
  { method: '3993 parameters', name: 'at most 3,993 parameters', tone: 'cool' },
];

const MARK = 0.0091;
const FEW_CLAIM = 'at most 3,993 parameters < Dynamic Network Surgery';

function fewText(few: Cell | undefined): string {
  if (!few) return '';
  const parameters = figureOf(few, 'parameters');
  const word = few.testError.mean <= MARK ? 'at or below' : 'above';
  return (
    ` With ${formatCount(parameters.mean)} parameters on average the error is ${errorText(few.testError)}, ${word} the ` +
    `${formatPercent(MARK)} of Dynamic Network Surgery's 3,993.`
  );
}

/** The whole report. */
export function lenet5Report(
  cells: readonly Cell[],
  recipe: Readonly<Record<string, Plain>>,
  seeds: readonly number[],
): ExperimentReport {
  const [dense, longer, pruned, few] = series.map(({ method }) =>
    cells.find((cell) => cell.method === method),
  );
  const headline =
    dense && pruned
      ? `LeNet-5: ${errorText(dense.testError)} error dense, ${errorText(pruned.testError)} with 8.4 % of its weights`
      : 'LeNet-5: not all runs are there yet';
  const tile = (label: string, cell: Cell | undefined, detail: string) =>
    cell ? [errorTile(label, cell.testError, detail)] : [];
  const against =
    longer && pruned
      ? ` Against a dense network that trains as long in all: ${lossText(longer, pruned)}.`
      : '';
  return {
    name: 'lenet5',
    headline,
    summary: `Han et al. 2015 report 0.80 % error before and 0.77 % after, with 8 % of the weights left.${against}${fewText(few)}`,
    tiles: [
      ...tile('Dense', dense, 'there 0.80 %'),
      ...tile('Pruned', pruned, `there 0.77 %; ${formatCount(pruned?.kept.mean ?? 0)} weights left`),
      ...tile('Dense, trained on', longer, 'as long as the pruned one'),
      ...tile('Few parameters', few, 'Dynamic Network Surgery: 0.91 % with 3,993'),
    ],
    charts: [{ heading: 'Errors seed by seed', body: seedBars('Final test error', series, cells) }],
    claims: [...claimsAgainst(pruned, [dense, longer]), ...(few ? [claimOfValue(FEW_CLAIM, few, MARK)] : [])],
    series,
    cells,
    recipe,
    seeds,
  };
}
