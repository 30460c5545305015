/** How the report of a pruning reads. */
import type { Metrics } from '../train/evaluate.js';
import type { TensorReport } from './census.js';
import type { PruneReport, RoundReport } from './report.js';
import { percent, textTable } from './textTable.js';

type Figures = Pick<PruneReport, 'layers' | 'rounds'>;

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

/** A row a tensor, and one for all. */
function layersTable(layers: readonly TensorReport[]): string {
  const [weights, live] = [total(layers, (one) => one.weights), total(layers, (one) => one.live)];
  const all = { name: 'all', weights, live, sparsity: weights === 0 ? 0 : 1 - live / weights };
  const rows = [...layers, all].map((one) => [
    ...[one.name, String(one.weights), String(one.live)],
    percent(one.sparsity),
  ]);
  return textTable([['tensor', 'weights', 'left', 'sparsity'], ...rows]);
}

/** Rounds, and where they left every tensor. */
export function reportText({ rounds, layers }: Figures): string {
  return `${roundsTable(rounds)}\n\n${layersTable(layers)}`;
}
