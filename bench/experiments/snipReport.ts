/** What pruning before training found. */
import { formatPercent } from '../../src/report/index.js';
import { methodBars } from './errorBars.js';
import { type Claim, claimOf, claimOfValue, keptText, verdictText } from './errorTable.js';
import { type ExperimentReport, errorTile, type Series } from './experimentPage.js';
import type { Plain } from './ledger.js';
import type { Cell } from './statistics.js';

const series: readonly Series[] = [
  { method: 'snip', name: 'SNIP', tone: 'sparse' },
  { method: 'snip, augmented', name: 'SNIP, augmented', tone: 'sparse', dashed: true },
  { method: 'grasp', name: 'GraSP', tone: 'cool' },
  { method: 'synflow', name: 'SynFlow', tone: 'cool' },
  { method: 'magnitude', name: 'magnitude at first', tone: 'warm' },
  { method: 'random', name: 'random', tone: 'warm' },
  { method: 'dense', name: 'dense', tone: 'dense' },
];

const nameOf = (method: string) => series.find((one) => one.method === method)?.name ?? method;

/** What Lee et al. report, mean of 20 seeds. */
const reported = new Map([
  [0.95, 0.016],
  [0.98, 0.024],
]);

const isSnip = ({ method }: Cell) => method.startsWith('snip');

const againstPaper = (snip: Cell): Claim =>
  claimOfValue(`${nameOf(snip.method)} < as reported in the paper`, snip, reported.get(snip.point)!);

/** Are SNIP's errors below the reported ones, and without augmentation below those of the others? */
function claimsOf(cells: readonly Cell[]): Claim[] {
  return cells.filter(isSnip).flatMap((snip) => {
    const same = cells.filter((cell) => !isSnip(cell) && cell.point === snip.point);
    const others = snip.method === 'snip' ? same : [];
    return [
      againstPaper(snip),
      ...others.map((other) => claimOf(`SNIP < ${nameOf(other.method)}`, snip, other)),
    ];
  });
}

/** The whole report. */
export function snipReport(
  cells: readonly Cell[],
  recipe: Readonly<Record<string, Plain>>,
  seeds: readonly number[],
): ExperimentReport {
  const claims = claimsOf(cells);
  const snips = cells.filter(isSnip);
  const errors = snips.map(
    ({ method, point, testError }) =>
      `${(testError.mean * 100).toFixed(2)} % error at ${Math.round(point * 100)} % zeros${method === 'snip' ? '' : ' augmented'}`,
  );
  const paper = claims.filter(({ claim }) => claim.endsWith('paper'));
  return {
    name: 'snip',
    headline: `SNIP from one batch of 100: ${errors.join(', ') || 'no runs yet'}`,
    summary:
      'LeNet-300-100, pruned before its first step by one look at 100 images, then trained sparse. ' +
      `An error below that of Lee et al. 2019 (1.6 % at 95 %, 2.4 % at 98 %): ${verdictText(paper)}.`,
    tiles: snips.map(({ method, point, density, testError }) =>
      errorTile(
        `${nameOf(method)}, ${keptText(density)} kept`,
        testError,
        `${testError.count} seeds; in the paper ${formatPercent(reported.get(point)!)}`,
      ),
    ),
    charts: [{ heading: 'Errors', body: methodBars('Final test error, mean over the seeds', series, cells) }],
    claims,
    series,
    cells,
    recipe,
    seeds,
  };
}
