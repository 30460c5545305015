/** The rounds of a pruning: what was asked and reached, what it cost, and where every layer was cut. */
import type { PruneReport, RoundReport } from '../prune/report.js';
import { percentAxis, points } from './demoText.js';
import { removalOf, total } from './extent.js';
import { type Line, lineChart } from './lineChart.js';
import { element } from './markup.js';
import { figure, htmlTable, type PageSection } from './page.js';
import { type Quality, qualityAxis, qualityOf, qualityText } from './quality.js';
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

function qualityChart(report: PruneReport): string {
  const { rounds } = report;
  const removal = removalOf(report);
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
    x: {
      ...percentAxis(removal ? `share of the ${removal.noun} removed` : 'sparsity'),
      kind: 'density' as const,
    },
    y: qualityAxis(quality, `validation ${quality}`),
    lines,
  };
  return figure((width) => lineChart({ ...chart, width }));
}

/** Tensors by their names, before the first round and in all others; empty when whole layers left and the others were renamed. */
const lastingTensors = ({ before }: PruneReport) => (before.prunes === 'layers' ? [] : before.layers);

function densityChart(report: PruneReport): string {
  const { rounds } = report;
  const tensors = lastingTensors(report);
  if (rounds.length < 2 || tensors.length < 2) return '';
  const lines = tensors.map(
    ({ name, weights }, i): Line => ({
      ...{ name: layerName(name), ...lineStyle(i), dots: true },
      points: rounds.map(({ round, layers }) => {
        const found = layers.find((layer) => layer.name === name);
        return [round, found ? found.live / weights : Number.NaN];
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

function roundsTable(report: PruneReport): string {
  const { rounds } = report;
  const quality = qualityOfRounds(rounds);
  const at = (when: string) => (quality === 'loss' ? `loss ${when}` : when);
  const measured = rounds.some(({ pruned, retrained }) => pruned || retrained);
  const guarded = rounds.some((round) => round.guarded.length > 0);
  const noun = removalOf(report)?.noun;
  const asked = ['asked', 'reached'].map((word) => (noun ? `${noun} gone, ${word}` : word));
  const head = [
    ...['round', ...asked, 'weights left'],
    ...(measured ? [at('right after pruning'), at('after retraining'), wonHead[quality]] : []),
    ...(guarded ? ['guarded layers'] : []),
  ];
  const rows = rounds.map((round) => {
    const { pruned, retrained } = round;
    const [before, after] = [pruned?.[quality] ?? Number.NaN, retrained?.[quality] ?? Number.NaN];
    const texts = [qualityText(quality, before), qualityText(quality, after)];
    const left = total(round.layers).live;
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

/** What every layer gave; a removal alone leaves tensors that do not tell. */
function layersTable(report: PruneReport): string {
  const row = (name: string, weights: number, live: number) => [
    name,
    ...[weights, live].map(formatCount),
    formatPercent(weights === 0 ? 0 : 1 - live / weights),
  ];
  const { before, layers } = report;
  if (before.prunes === 'weights') return '';
  const rows = lastingTensors(report).map(({ name, weights }) =>
    row(layerName(name), weights, layers.find((layer) => layer.name === name)?.live ?? 0),
  );
  const all = row('total', total(before.layers).weights, total(layers).live);
  return htmlTable('Weights of each layer', [['layer', 'before', 'left', 'gone'], ...rows, all]);
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
    qualityChart(report),
    roundsTable(report),
    densityChart(report),
    layersTable(report),
    (rounds.at(-1)?.layers.length ?? 0) > mostTwins
      ? went + thresholds
      : element('div', { class: 'twins' }, went, thresholds),
  ];
  return { heading: 'Rounds', body: body.join('\n') };
}
