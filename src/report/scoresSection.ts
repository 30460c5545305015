/** What was scored in every round, and where the cut fell. */
import type { PruneReport } from '../prune/report.js';
import { figure, type PageSection } from './page.js';
import { type RidgeChartOptions, ridgeChart } from './ridgeChart.js';
import { layerName } from './roundsSection.js';

/** More histograms than this of one layer are thinned to as many rounds, first and last among them. */
const mostRidges = 8;

function chosenRounds(count: number): number[] {
  if (count <= mostRidges) return Array.from({ length: count }, (_, i) => i + 1);
  return Array.from({ length: mostRidges }, (_, i) => 1 + Math.round((i * (count - 1)) / (mostRidges - 1)));
}

/** Histograms of the scores of every layer, round by round, with the cut; undefined when nothing was scored. */
export function scoresSection({ rounds, log }: PruneReport): PageSection | undefined {
  const names = [...new Set(log.entries.map(({ name }) => name))];
  const charts = names.map((name): RidgeChartOptions => {
    const ridges = chosenRounds(rounds.length).flatMap((round) => {
      const cut = log.cuts(round).find((one) => one.name === name);
      return cut ? [{ name: `round ${round}`, ...cut.histogram, cut: cut.threshold }] : [];
    });
    return { title: layerName(name), label: 'score', ridges };
  });
  const drawn = charts.filter(({ ridges }) => ridges.length > 0);
  if (drawn.length === 0) return undefined;
  const note =
    'Scores are drawn on a logarithmic axis, and each histogram has its own height. The upright line is the cut: the lowest score that stayed. At most a hundredth of a histogram lies left of the axis.';
  const figures = drawn.map((chart, i) =>
    figure((width) => ridgeChart({ ...chart, width }), i === drawn.length - 1 ? note : ''),
  );
  return { heading: 'Scores and cuts', body: figures.join('\n') };
}
