/** How much of a model is left, against what there was before its first round. */
import type { PruneReport } from '../prune/report.js';
import type { ReportContent } from './content.js';
import type { StudiedModel } from './networkSection.js';

/** Weights in all and those that are left. */
export interface Counts {
  readonly weights: number;
  readonly live: number;
}

/** Both over all layers. */
export function total(layers: readonly Counts[]): Counts {
  return layers.reduce(
    (sum, { weights, live }) => ({ weights: sum.weights + weights, live: sum.live + live }),
    { weights: 0, live: 0 },
  );
}

/** Of the model as it is now. */
const presentCounts = ({ liveness }: StudiedModel): Counts =>
  total(liveness.layers.map(({ weights, liveWeights }) => ({ weights, live: liveWeights })));

/** The report on how `last` was pruned; undefined for a larger model, which cannot be what it left. */
export function pruningOf({ pruning }: ReportContent, last: StudiedModel | undefined) {
  if (!pruning || !last) return pruning;
  return presentCounts(last).weights <= total(pruning.before.layers).weights ? pruning : undefined;
}

/** Of the model in question: the last one, or the one that was pruned. Tensors may have become smaller: it counts what they were. */
export function countsOf(content: ReportContent, last: StudiedModel | undefined): Counts | undefined {
  const pruning = pruningOf(content, last);
  const now = last ? presentCounts(last) : pruning && total(pruning.layers);
  if (!now) return undefined;
  const weights = pruning ? total(pruning.before.layers).weights : now.weights;
  return weights === 0 ? undefined : { weights, live: now.live };
}

/** Units or layers that left a model: what they are called, how many there were, and how many are left. */
export interface Removal {
  readonly noun: string;
  readonly groups: number;
  readonly left: number;
}

/** Undefined where weights became zero and nothing was removed. */
export function removalOf({ before, reached }: PruneReport): Removal | undefined {
  const { prunes, structure, groups } = before;
  if (prunes === 'weights') return undefined;
  return { noun: `${structure}s`, groups, left: Math.round(groups * (1 - reached)) };
}
