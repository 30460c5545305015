/** What the repetition of Han et al. 2015 found. */
import { formatCount } from '../../src/report/index.js';
import { seedBars } from './errorBars.js';
import { claimsAgainst, keptText, lossText } from './errorTable.js';
import { type ExperimentReport, errorTile, type Series } from './experimentPage.js';
import type { Plain } from './ledger.js';
import type { Cell } from './statistics.js';

const series: readonly Series[] = [
  { method: 'dense', name: 'dense', tone: 'dense' },
  { method: 'dense, trained on', name: 'dense, trained on', tone: 'warm' },
  { method: 'pruned', name: 'pruned', tone: 'sparse' },
];

/** The whole report. */
export function hanReport(
  cells: readonly Cell[],
  recipe: Readonly<Record<string, Plain>>,
  seeds: readonly number[],
): ExperimentReport {
  const [dense, longer, pruned] = series.map(({ method }) => cells.find((cell) => cell.method === method));
  const headline =
    dense && pruned
      ? `${keptText(pruned.density)} of the weights kept: ${lossText(dense, pruned)}`
      : 'Han et al. 2015: not all runs are there yet';
  const against =
    longer && pruned
      ? ` Against a dense network that trains as long in all: ${lossText(longer, pruned)}.`
      : '';
  return {
    name: 'han',
    headline,
    summary: `Han et al. 2015 report 1.64 % error before and 1.59 % after, with 8 % of the weights of LeNet-300-100 left.${against}`,
    tiles: [
      ...(dense ? [errorTile('Dense', dense.testError, 'there 1.64 %')] : []),
      ...(pruned
        ? [
            errorTile(
              'Pruned',
              pruned.testError,
              `there 1.59 %; ${formatCount(pruned.kept.mean)} weights left`,
            ),
          ]
        : []),
      ...(longer ? [errorTile('Dense, trained on', longer.testError, 'as long as the pruned one')] : []),
    ],
    charts: [{ heading: 'Errors seed by seed', body: seedBars('Final test error', series, cells) }],
    claims: claimsAgainst(pruned, [dense, longer]),
    series,
    cells,
    recipe,
    seeds,
  };
}
