/** How the report of a pruning reads. */
import type { Metrics } from '../train/evaluate.js';
import type { TensorReport } from './census.js';
import type { PruneReport, RoundReport } from './report.js';
import { percent, textTable } from './textTable.js';

type Figures = Pick<PruneReport, 'before' | 'layers' | 'rounds'>;

const total = (layers: readonly TensorReport[], of: (layer: TensorReport) => number) =>
  layers.reduce((sum, layer) => sum + of(layer), 0);

/** A row a round, with what was measured. */
function roundsTable(rounds: readonly RoundReport[]): string {
  const measured = rounds.flatMap(({ pruned, retrained }) => [pruned ?? [], retrained ?? []].flat());
  // Targets that are numbers have no accuracy.
  const isLabelled = measured.some(({ accuracy }) => !Number.isNaN(accuracy));
  const quality = (metrics: Metrics | undefined) => {
    if (!metrics) return '-';
    return isLabelled ? percent(metrics.accuracy) : metrics.loss.toPrecision(4);
  };
  const name = isLabelled ? 'accuracy' : 'loss';
  const heads = measured.length > 0 ? [`${name} pruned`, `${name} retrained`] : [];
  const rows = rounds.map(({ round, asked, reached, layers, pruned, retrained }) => [
    ...[String(round), percent(asked), percent(reached)],
    String(total(layers, ({ live }) => live)),
    ...(measured.length > 0 ? [quality(pruned), quality(retrained)] : []),
  ]);
  return textTable([['round', 'asked', 'reached', 'weights left', ...heads], ...rows]);
}

/** A row a tensor, and one for all, against what they were: units that are removed leave no zeros. */
function layersTable({ before, layers }: Figures): string {
  const row = (name: string, weights: number, live: number) => [
    ...[name, String(weights), String(live)],
    percent(weights === 0 ? 0 : 1 - live / weights),
  ];
  // The names of the others change when layers go, so that each is given as it is.
  const were = before.prunes === 'layers' ? layers : before.layers;
  const each = layers.map(({ name, weights, live }) =>
    row(name, were.find((one) => one.name === name)?.weights ?? weights, live),
  );
  const all = row(
    'all',
    total(before.layers, (one) => one.weights),
    total(layers, (one) => one.live),
  );
  const rows = [...each, all];
  return textTable([['tensor', 'weights', 'left', 'sparsity'], ...rows]);
}

/** Rounds, and where they left every tensor. */
export function reportText(figures: Figures): string {
  return `${roundsTable(figures.rounds)}\n\n${layersTable(figures)}`;
}
