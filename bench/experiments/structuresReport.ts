/** What the comparison of structures found. */
import { formatBytes, formatMicros, formatRatio, htmlTable, paragraph } from '../../src/report/index.js';
import { type Claim, claimOf, differenceText, errorText, keptText } from './errorTable.js';
import { type ExperimentReport, errorChart, errorTile, type Series } from './experimentPage.js';
import type { Plain } from './ledger.js';
import { type Cell, compare, figureOf } from './statistics.js';
import { PLANNED, type StructureTimes } from './structureTimes.js';

const series: readonly Series[] = [
  { method: 'weight', name: 'single weights', tone: 'sparse' },
  { method: 'block 4x1', name: 'blocks of 4x1', tone: 'cool' },
  { method: 'block 8x1', name: 'blocks of 8x1', tone: 'cool', dashed: true },
  { method: '2:4', name: '2:4', tone: 'warm' },
  { method: '1:4', name: '1:4', tone: 'warm', dashed: true },
];

const nameOf = (method: string) => series.find((one) => one.method === method)?.name ?? method;

/** Are single weights better than a structure at the same share of zeros? */
function claimsOf(cells: readonly Cell[]): Claim[] {
  return cells
    .filter(({ method, point }) => method !== 'weight' && point > 0)
    .sort((a, b) => a.point - b.point)
    .flatMap((cell) => {
      const single = cells.find(({ method, point }) => method === 'weight' && point === cell.point);
      return single ? [claimOf(`single weights < ${nameOf(cell.method)}`, single, cell)] : [];
    });
}

/** One row a network: error, bytes, times, and how many times faster than the dense network. */
function costRows(cells: readonly Cell[], { rows }: StructureTimes): string[][] {
  const micros = (method: string, point: number, batch: number) =>
    rows.find((row) => row.method === method && row.point === point && row.batch === batch)?.micros ??
    Number.NaN;
  const timeCell = ({ method, point }: Cell, batch: number) => {
    const own = micros(method, point, batch);
    return Number.isNaN(own)
      ? 'n/a'
      : `${formatMicros(own).replace(' us', ' µs')} (${formatRatio(micros('dense', 0, batch) / own)})`;
  };
  const planned = cells
    .filter(({ method }) => method === 'dense')
    .map((cell) => ({ ...cell, method: PLANNED }));
  const sorted = [...cells, ...planned].sort((a, b) => a.point - b.point);
  return [
    ['structure', 'zeros', 'test error', 'bytes on disk', 'batch 1', 'batch 32'],
    ...sorted.map((cell) => [
      nameOf(cell.method),
      keptText(cell.point),
      errorText(cell.testError),
      formatBytes(figureOf(cell, 'bytes').mean),
      timeCell(cell, 1),
      timeCell(cell, 32),
    ]),
  ];
}

/** The whole report. */
export function structuresReport(
  cells: readonly Cell[],
  times: StructureTimes,
  recipe: Readonly<Record<string, Plain>>,
  seeds: readonly number[],
): ExperimentReport {
  const claims = claimsOf(cells);
  const dense = cells.find(({ method }) => method === 'dense');
  const worst = [...claims].sort((a, b) => b.difference.mean - a.difference.mean)[0];
  const clear = claims.filter(({ difference }) => difference.verdict === 'holds').length;
  const tight = cells.filter(({ method, point }) => method === 'weight' && point >= 0.9);
  const note =
    `Times of one call, interleaved, of the networks of seed ${seeds[0]}, in brackets how many times faster than the dense one with kernels that skip nothing; “planned” is the dense one with those ` +
    'that a session chooses, which skip zero inputs: ' +
    `test images, ${times.machine}. Bytes are those of the model file.`;
  return {
    name: 'structures',
    headline: `Structure costs accuracy in ${clear} of ${claims.length} comparisons with single weights, by 95 % intervals`,
    summary:
      'LeNet-300-100 on MNIST, pruned once by magnitude to the same share of zeros in both hidden layers, then trained on. ' +
      (worst
        ? `The largest difference: ${worst.claim} with ${keptText(worst.density)} kept, ${differenceText(worst.difference)}.`
        : ''),
    tiles: [
      ...(dense ? [errorTile('Dense, trained on', dense.testError, 'as long as the others')] : []),
      ...tight.map((cell) =>
        errorTile(
          `Single weights, ${keptText(1 - cell.point)} kept`,
          cell.testError,
          dense ? `${differenceText(compare(cell, dense))} against dense` : '',
        ),
      ),
    ],
    charts: [
      {
        heading: 'Accuracy',
        body: errorChart('Final test error against weights kept', series, cells, 'linear', dense),
      },
      {
        heading: 'Accuracy, time and bytes side by side',
        body: paragraph(note) + htmlTable('LeNet-300-100', costRows(cells, times)),
      },
    ],
    claims,
    series: [{ method: 'dense', name: 'dense, trained on', tone: 'dense' }, ...series],
    cells,
    recipe,
    seeds,
  };
}
