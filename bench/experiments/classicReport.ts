/** What the comparison of the classic procedures found. */
import { htmlTable, type PageSection, paragraph } from '../../src/report/index.js';
import { type Claim, claimOf, differenceText, errorText, keptText } from './errorTable.js';
import { type ExperimentReport, errorChart, errorTile, type Series } from './experimentPage.js';
import type { Plain } from './ledger.js';
import type { Cell } from './statistics.js';

const order = ['iterative', 'rewound', 'reinit'] as const;
const kinds = ['units', 'weights'] as const;
const title = { units: 'Whole units', weights: 'Single weights' } as const;

const looks = {
  iterative: { name: 'iterative', tone: 'sparse' },
  rewound: { name: 'one-shot, rewound', tone: 'cool' },
  reinit: { name: 'one-shot, reinitialised', tone: 'warm', dashed: true },
} as const;

const seriesOf = (kind: string): Series[] =>
  order.map((method) => ({ ...looks[method], method: `${kind} ${method}` }));
const unpruned: Series = { method: 'none', name: 'unpruned', tone: 'dense' };

interface Level {
  readonly point: number;
  readonly cells: readonly Cell[];
  /** Iterative < rewound, rewound < reinitialised, reinitialised < unpruned. */
  readonly claims: readonly Claim[];
}

function levelsOf(kind: string, cells: readonly Cell[]): Level[] {
  const none = cells.find(({ method }) => method === 'none');
  const points = [
    ...new Set(cells.filter(({ method }) => method.startsWith(kind)).map(({ point }) => point)),
  ];
  return points.flatMap((point) => {
    const own = order.flatMap(
      (method) => cells.find((cell) => cell.method === `${kind} ${method}` && cell.point === point) ?? [],
    );
    if (!none || own.length < order.length) return [];
    const ladder = [...own, none];
    const names = [...order, 'none'];
    const claims = own.map((cell, i) =>
      claimOf(`${kind}: ${names[i]} < ${names[i + 1]}`, cell, ladder[i + 1]!),
    );
    return [{ point, cells: own, claims }];
  });
}

const verdictCell = ({ difference }: Claim) =>
  `${difference.verdict}, ${differenceText(difference).replace(' points', '')}`;

function section(
  kind: (typeof kinds)[number],
  levels: readonly Level[],
  cells: readonly Cell[],
): PageSection {
  const errors = levels.map(({ point, cells: own }) => [
    `${point * 100} %`,
    keptText(own[0]!.density),
    ...own.map(({ testError }) => errorText(testError)),
  ]);
  const verdicts = levels.map(({ point, claims }) => [`${point * 100} %`, ...claims.map(verdictCell)]);
  const reference = cells.find(({ method }) => method === unpruned.method);
  return {
    heading: title[kind],
    body:
      errorChart(
        `${title[kind]}: final test error against weights kept`,
        seriesOf(kind),
        cells,
        'log',
        reference,
      ) +
      htmlTable(`Test error by share of ${kind} removed, mean ± standard deviation`, [
        ['removed', 'weights kept', ...order.map((method) => looks[method].name)],
        ...errors,
      ]) +
      htmlTable(
        'Is the first of the two better? Mean difference in points, paired by seed, ± its standard error; holds where the 95 % interval ' +
          'by Student’s t lies above zero (4.30 standard errors for three seeds)',
        [
          ['removed', 'iterative < rewound', 'rewound < reinitialised', 'reinitialised < unpruned'],
          ...verdicts,
        ],
      ),
  };
}

/** At how many levels a step of the order holds, is undecided and is refuted. */
function count(levels: readonly Level[], step: number): string {
  const of = (verdict: string) =>
    levels.filter(({ claims }) => claims[step]!.difference.verdict === verdict).length;
  return `holds at ${of('holds')}, undecided at ${of('undecided')}, refuted at ${of('refuted')} of ${levels.length} levels`;
}

const steps = ['iterative over rewinding', 'rewinding over reinitialising', 'reinitialising over no pruning'];

/** The whole report. */
export function classicReport(
  cells: readonly Cell[],
  recipe: Readonly<Record<string, Plain>>,
  seeds: readonly number[],
): ExperimentReport {
  const levels = { units: levelsOf('units', cells), weights: levelsOf('weights', cells) };
  const full = (kind: (typeof kinds)[number]) =>
    levels[kind].filter(({ claims }) => claims.every(({ difference }) => difference.verdict === 'holds'))
      .length;
  const none = cells.find(({ method }) => method === 'none');
  const dense = cells.find(({ method }) => method === 'dense');
  const findings = kinds.flatMap((kind) => [
    paragraph(`${title[kind]}: ${steps.map((step, i) => `${step} ${count(levels[kind], i)}`).join('; ')}.`),
  ]);
  return {
    name: 'classic',
    headline:
      'The whole order “iterative > one-shot rewound > one-shot reinitialised > none” holds at ' +
      kinds.map((kind) => `${full(kind)} of ${levels[kind].length} levels for ${kind}`).join(' and '),
    summary:
      'LeNet-300-100 on MNIST: the same dense networks, pruned to seven levels, all trained for as many epochs afterwards; the ' +
      'unpruned network trains on as long. Iterative pruning spends its epochs in rounds, most of them on larger networks.',
    tiles: [
      ...(dense ? [errorTile('Dense network', dense.testError, 'test error before pruning')] : []),
      ...(none ? [errorTile('Unpruned, trained on', none.testError, 'as long as the pruned ones')] : []),
    ],
    charts: [
      { heading: 'What came out', body: findings.join('') },
      ...kinds.map((kind) => section(kind, levels[kind], cells)),
    ],
    claims: [],
    series: [...kinds.flatMap(seriesOf).map((one) => ({ ...one, name: one.method })), unpruned],
    cells,
    recipe,
    seeds,
  };
}
