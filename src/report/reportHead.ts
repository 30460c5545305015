/** The top of a report: its headline, and the numbers below it. */
import type { ReportContent } from './content.js';
import { smaller } from './demoText.js';
import type { StudiedModel } from './networkSection.js';
import type { Tile } from './page.js';
import { formatBytes, formatCount, formatPercent } from './table.js';

/** Weights in all and those that are left. */
interface Counts {
  readonly weights: number;
  readonly live: number;
}

/** Of the model in question: the last one, or the one that was pruned. */
function countsOf({ pruning }: ReportContent, last: StudiedModel | undefined): Counts | undefined {
  const layers = last
    ? last.liveness.layers.map(({ weights, liveWeights }) => ({ weights, live: liveWeights }))
    : pruning?.layers;
  if (!layers || layers.length === 0) return undefined;
  return layers.reduce(
    (sum, { weights, live }) => ({ weights: sum.weights + weights, live: sum.live + live }),
    {
      weights: 0,
      live: 0,
    },
  );
}

/** A share of zeros as a headline gives it: short, and never rounded up to everything. */
function shareText(share: number): string {
  const shown = share < 1 ? Math.min(share, 0.9999) : share;
  return formatPercent(shown, shown > 0.995 ? 2 : 1).replace(/\.0+ /, ' ');
}

/** Of the last round, on its validation data; of the only point there is; of the base of the sensitivity. */
function accuracyOf({ pruning, sensitivity, tradeOffs = [] }: ReportContent): [number, string] | undefined {
  const round = pruning?.rounds.at(-1);
  if (round?.retrained) return [round.retrained.accuracy, 'on validation data, after retraining'];
  if (round?.pruned) return [round.pruned.accuracy, 'on validation data'];
  const accuracies = new Set(tradeOffs.map(({ accuracy }) => accuracy));
  if (accuracies.size === 1) return [tradeOffs[0]!.accuracy, 'as measured for this report'];
  if (sensitivity) return [sensitivity.base.accuracy, `on ${formatCount(sensitivity.samples)} samples`];
  return undefined;
}

const plural = (count: number, noun: string) => `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;

/** One sentence: what was removed, and what is left of the accuracy. */
export function headlineOf(content: ReportContent, last: StudiedModel | undefined): string {
  if (content.title !== undefined) return content.title;
  const { pruning, tradeOffs = [] } = content;
  const counts = countsOf(content, last);
  if (!counts) {
    const methods = new Set(tradeOffs.map(({ method }) => method)).size;
    return tradeOffs.length === 0 ? 'Pruning report' : `Trade-offs of ${plural(methods, 'method')}`;
  }
  const share = shareText(counts.weights === 0 ? 0 : 1 - counts.live / counts.weights);
  const rounds = pruning ? ` in ${plural(pruning.rounds.length, 'round')}` : '';
  const accuracy = accuracyOf(content)?.[0];
  const rest =
    accuracy !== undefined && Number.isFinite(accuracy) ? `, accuracy ${formatPercent(accuracy)}` : '';
  return `${share} of the weights pruned${rounds}${rest}`;
}

/** Weights, accuracy, units and bytes, as far as they are known. */
export function tilesOf(content: ReportContent, last: StudiedModel | undefined): Tile[] {
  const tiles: Tile[] = [];
  const counts = countsOf(content, last);
  if (counts) {
    const detail = `of ${formatCount(counts.weights)}`;
    tiles.push({ label: 'Weights left', value: formatCount(counts.live), detail });
  }
  const accuracy = accuracyOf(content);
  if (accuracy && Number.isFinite(accuracy[0])) {
    tiles.push({ label: 'Accuracy', value: formatPercent(accuracy[0]), detail: accuracy[1] });
  }
  if (!last) return tiles;
  const { layers } = last.liveness;
  const units = layers.reduce((sum, layer) => sum + layer.units, 0);
  const live = layers.reduce((sum, layer) => sum + layer.live, 0);
  tiles.push({ label: 'Live units', value: formatCount(live), detail: `of ${formatCount(units)}` });
  const bytes = last.model.encode().length;
  const dense = 4 * last.model.summary().parameters;
  const detail = `${smaller(dense, bytes)} than in float32`;
  tiles.push({ label: 'Model file', value: formatBytes(bytes), detail });
  return tiles;
}
