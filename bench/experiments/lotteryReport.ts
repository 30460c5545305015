/** What the lottery experiment found, in words, charts and tables. */
import { formatCount } from '../../src/report/index.js';
import { type Claim, claimOf, differenceText, errorText, keptText, verdictText } from './errorTable.js';
import {
  chartOfKept,
  type ExperimentReport,
  errorChart,
  errorTile,
  figureValue,
  type Series,
} from './experimentPage.js';
import type { Plain } from './ledger.js';
import { type Cell, compare, figureOf } from './statistics.js';

const series: readonly Series[] = [
  { method: 'ticket', name: 'ticket (rewound)', tone: 'sparse' },
  { method: 'reinit', name: 'same mask, reinitialised', tone: 'warm', dashed: true },
];

/** The densities that Frankle & Carbin quote. */
const quoted = [0.211, 0.135];

const near = (cells: readonly Cell[], density: number) =>
  cells.find((cell) => Math.abs(cell.density - density) < 5e-3);

function claimsOf(tickets: readonly Cell[], reinits: readonly Cell[]): Claim[] {
  return reinits.flatMap((reinit) => {
    const ticket = tickets.find(({ point }) => point === reinit.point);
    return ticket ? [claimOf('ticket < reinitialised', ticket, reinit)] : [];
  });
}

/** Steps to the least validation loss, of both kinds. */
function speedText(ticket: Cell, reinit: Cell): string {
  const [fast, slow] = [figureOf(ticket, 'stopStep').mean, figureOf(reinit, 'stopStep').mean];
  return `stops after ${formatCount(fast)} steps, reinitialised after ${formatCount(slow)}`;
}

/** The smallest of the tickets before the first that is worse than the dense network beyond chance. */
function smallestGood(tickets: readonly Cell[]): Cell | undefined {
  const [dense, ...others] = tickets;
  if (!dense) return undefined;
  const worse = others.findIndex((cell) => compare(cell, dense).verdict === 'holds');
  return worse < 0 ? others.at(-1) : others[worse - 1];
}

/** The whole report. */
export function lotteryReport(
  cells: readonly Cell[],
  recipe: Readonly<Record<string, Plain>>,
  seeds: readonly number[],
): ExperimentReport {
  const tickets = cells.filter(({ method }) => method === 'ticket');
  const reinits = cells.filter(({ method }) => method === 'reinit');
  const claims = claimsOf(tickets, reinits);
  const main = claims.filter(({ density }) => quoted.some((one) => Math.abs(density - one) < 5e-3));
  const good = smallestGood(tickets);
  const tiles = quoted.flatMap((density) => {
    const [ticket, reinit] = [near(tickets, density), near(reinits, density)];
    const claim = main.find((one) => Math.abs(one.density - density) < 5e-3);
    if (!ticket || !reinit || !claim) return [];
    const detail = `reinitialised ${errorText(reinit.testError)}: ${differenceText(claim.difference)}; ${speedText(ticket, reinit)}`;
    return [errorTile(`Test error of tickets, ${keptText(ticket.density)} kept`, ticket.testError, detail)];
  });
  return {
    name: 'lottery',
    headline: `Tickets beat the same masks with other first weights: ${verdictText(main)}`,
    summary:
      'Frankle and Carbin 2018 on LeNet-300-100: train, prune the smallest weights of each layer, go back to the first weights, ' +
      `again. ${good ? `Down to ${keptText(good.density)} of the weights no ticket is shown to be worse than the dense network (${errorText(good.testError)}, dense ${errorText(tickets[0]!.testError)}; paired by seed, 95 % intervals).` : ''}`,
    tiles,
    charts: [
      {
        heading: 'Error at the end of training',
        body: errorChart('Final test error against weights kept', series, cells),
      },
      {
        heading: 'How fast they learn',
        body:
          chartOfKept({
            title: 'Step of least validation loss',
            label: 'training steps',
            series,
            cells,
            value: figureValue('stopStep'),
            valueText: formatCount,
            caption:
              'Means over the seeds; bars are one standard deviation. A network that still learns when training ends has the last step.',
          }) +
          chartOfKept({
            title: 'Test error at that step',
            label: 'test error (%)',
            series,
            cells,
            value: (cell) => {
              const { count, mean, deviation, error } = figureOf(cell, 'stopTestError');
              return { count, mean: mean * 100, deviation: deviation * 100, error: error * 100 };
            },
            valueText: (percent) => `${percent.toFixed(2)} %`,
          }),
      },
    ],
    claims,
    series,
    cells,
    recipe,
    seeds,
  };
}
