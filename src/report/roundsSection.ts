/** The rounds of a pruning: what was asked and reached, what it cost, and where every layer was cut. */
import type { PruneReport, RoundReport } from '../prune/report.js';
import { percentAxis, points } from './demoText.js';
import { type Line, lineChart } from './lineChart.js';
import { element } from './markup.js';
import { figure, htmlTable, type PageSection } from './page.js';
import { type Quality, qualityAxis, qualityOf, qualityText } from './quality.js';
import { type RidgeChartOptions, ridgeChart } from './ridgeChart.js';
import type { ChartAxis, Tone } from './svg.js';
import { formatCount, formatPercent } from './table.js';

/** The i-th of several lines: six tones, then the same dashed. */
export function lineStyle(i: number): { readonly tone: Tone; readonly dashed: boolean } {
  const tones: readonly Tone[] = ['sparse', 'warm', 'cool', 'rose', 'gold', 'dense'];
  return { tone: tones[i % tones.length]!, dashed: Math.floor(i / tones.length) % 2 === 1 };
}

/** `dense1` of `dense1.weight`: pages speak of layers. */
export const layerName = (tensor: string): string => tensor.replace(/\.weight$/, '');

const roundAxis: ChartAxis = { label: 'round', exact: true, minStep: 1, valueText: String };

/** What the rounds were measured by. */
const qualityOfRounds = (rounds: readonly RoundReport[]) =>
  qualityOf(rounds.flatMap(({ pruned, retrained }) => [pruned, retrained]));

function qualityChart(rounds: readonly RoundReport[]): string {
  const quality = qualityOfRounds(rounds);
  const line = (
    name: string,
    of: (round: RoundReport) => number | undefined,
    style: Partial<Line>,
  ): Line => ({
    ...{ name, tone: 'sparse', dots: true, ...style },
    points: rounds.map((round) => [round.reached, of(round) ?? Number.NaN]),
  });
  const after = line('after retraining', ({ retrained }) => retrained?.[quality], { values: 'above' });
  const before = line('right after pruning', ({ pruned }) => pruned?.[quality], {
    tone: 'warm',
    dashed: true,
    values: 'below',
  });
  const lines = [after, before].filter((one) => one.points.some(([, y]) => Number.isFinite(y)));
  if (lines.length === 0) return '';
  const chart = {
    title: 'What each round costs, and what retraining wins back',
    x: { ...percentAxis('sparsity'), kind: 'density' as const },
    y: qualityAxis(quality, `validation ${quality}`),
    lines,
  };
  return figure((width) => lineChart({ ...chart, width }));
}

function densityChart(rounds: readonly RoundReport[]): string {
  const tensors = rounds.at(-1)?.layers ?? [];
  if (rounds.length < 2 || tensors.length < 2) return '';
  const lines = tensors.map(
    ({ name }, i): Line => ({
      ...{ name: layerName(name), ...lineStyle(i), dots: true },
      points: rounds.map(({ round, layers }) => {
        const found = layers.find((layer) => layer.name === name);
        return [round, found ? found.live / found.weights : Number.NaN];
      }),
    }),
  );
  const y: ChartAxis = {
    label: 'share of weights left, logarithmic',
    kind: 'log',
    format: (share) => `${Number((share * 100).toPrecision(3))} %`,
    valueText: (share) => formatPercent(share),
  };
  const title = 'Which layers give';
  return figure((width) => lineChart({ title, x: roundAxis, y, lines, width }));
}

/** What retraining wins back: percentage points of accuracy, or the loss that it takes away. */
function wonBack(quality: Quality, before: number, after: number): string {
  return quality === 'accuracy' ? points(before, after) : qualityText(quality, before - after);
}

const wonHead = { accuracy: 'won back (points)', loss: 'won back' } as const;

function roundsTable(rounds: readonly RoundReport[]): string {
  const quality = qualityOfRounds(rounds);
  const at = (when: string) => (quality === 'loss' ? `loss ${when}` : when);
  const measured = rounds.some(({ pruned, retrained }) => pruned || retrained);
  const guarded = rounds.some((round) => round.guarded.length > 0);
  const head = [
    ...['round', 'asked', 'reached', 'weights left'],
    ...(measured ? [at('right after pruning'), at('after retraining'), wonHead[quality]] : []),
    ...(guarded ? ['guarded layers'] : []),
  ];
  const rows = rounds.map((round) => {
    const { pruned, retrained } = round;
    const [before, after] = [pruned?.[quality] ?? Number.NaN, retrained?.[quality] ?? Number.NaN];
    const texts = [qualityText(quality, before), qualityText(quality, after)];
    const left = round.layers.reduce((sum, { live }) => sum + live, 0);
    return [
      ...[String(round.round), formatPercent(round.asked), formatPercent(round.reached), formatCount(left)],
      ...(measured ? [...texts, wonBack(quality, before, after)] : []),
      ...(guarded ? [round.guarded.map(layerName).join(', ')] : []),
    ];
  });
  const caption = guarded
    ? 'Rounds; a guarded layer would have lost all its weights and kept its best one'
    : 'Rounds';
  return htmlTable(caption, [head, ...rows]);
}

/** A row a round, a column a layer. */
function cutTable(
  { rounds, log }: PruneReport,
  caption: string,
  text: (entry: { readonly pruned: number; readonly threshold: number | null }) => string,
): string {
  const { entries } = log;
  const names = [...new Set(entries.map(({ name }) => name))];
  if (names.length === 0) return '';
  const rows = rounds.map(({ round }) => [
    String(round),
    ...names.map((name) => {
      const entry = entries.find((one) => one.round === round && one.name === name);
      return entry ? text(entry) : '';
    }),
  ]);
  return htmlTable(caption, [['round', ...names.map(layerName)], ...rows]);
}

/** Tables of more layers than this take the whole width each. */
const mostTwins = 4;

/** Accuracy (or loss) and densities over the rounds, with tables. */
export function roundsSection(report: PruneReport): PageSection {
  const { rounds } = report;
  const went = cutTable(report, 'How many went', ({ pruned }) => formatCount(pruned));
  const thresholds = cutTable(report, 'Thresholds: the lowest score that stayed', ({ threshold }) =>
    threshold === null ? 'none stayed' : threshold.toPrecision(4),
  );
  const body = [
    qualityChart(rounds),
    roundsTable(rounds),
    densityChart(rounds),
    (rounds.at(-1)?.layers.length ?? 0) > mostTwins
      ? went + thresholds
      : element('div', { class: 'twins' }, went, thresholds),
  ];
  return { heading: 'Rounds', body: body.join('\n') };
}

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
