/** The top of a report: its headline, and the numbers below it. */
import type { PruneReport } from '../prune/report.js';
import type { ReportContent } from './content.js';
import { smallerThan } from './demoText.js';
import { countsOf, pruningOf, removalOf } from './extent.js';
import type { StudiedModel } from './networkSection.js';
import type { Tile } from './page.js';
import { type Measured, type Quality, qualityOf, qualityText } from './quality.js';
import { formatBytes, formatCount, formatPercent } from './table.js';

/** A share of zeros as a headline gives it: short, and never rounded up to everything. */
function shareText(share: number): string {
  const shown = share < 1 ? Math.min(share, 0.9999) : share;
  return formatPercent(shown, shown > 0.995 ? 2 : 1).replace(/\.0+ /, ' ');
}

/** How good the model is, and how that was found. */
interface Judged {
  readonly quality: Quality;
  readonly value: number;
  readonly detail: string;
}

function judged(measured: Measured, detail: string): Judged {
  const quality = qualityOf([measured]);
  return { quality, value: measured[quality] ?? Number.NaN, detail };
}

/** By the last round, on its validation data; by the only point there is; by the base of the sensitivity. */
function judge({ pruning, sensitivity, tradeOffs = [] }: ReportContent): Judged | undefined {
  const round = pruning?.rounds.at(-1);
  if (round?.retrained) return judged(round.retrained, 'on validation data, after retraining');
  if (round?.pruned) return judged(round.pruned, 'on validation data');
  const quality = qualityOf(tradeOffs);
  if (new Set(tradeOffs.map((point) => point[quality])).size === 1) {
    return judged(tradeOffs[0]!, 'as measured for this report');
  }
  if (sensitivity) return judged(sensitivity.base, `on ${formatCount(sensitivity.samples)} samples`);
  return undefined;
}

const plural = (count: number, noun: string) => `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;

/** One sentence: what was removed, and what is left of the accuracy, or the loss. */
export function headlineOf(content: ReportContent, last: StudiedModel | undefined): string {
  if (content.title !== undefined) return content.title;
  const { tradeOffs = [] } = content;
  const pruning = pruningOf(content, last);
  const counts = countsOf(content, last);
  if (!counts) {
    const methods = new Set(tradeOffs.map(({ method }) => method)).size;
    return tradeOffs.length === 0 ? 'Pruning report' : `Trade-offs of ${plural(methods, 'method')}`;
  }
  const share = shareText(1 - counts.live / counts.weights);
  const removal = pruning && removalOf(pruning);
  const what = removal
    ? `gone (${shareText(removal.groups === 0 ? 0 : 1 - removal.left / removal.groups)} of the ${removal.noun})`
    : 'pruned';
  const rounds = pruning ? ` in ${plural(pruning.rounds.length, 'round')}` : '';
  const found = judge(content);
  const rest =
    found && Number.isFinite(found.value)
      ? `, ${found.quality} ${qualityText(found.quality, found.value)}`
      : '';
  return `${share} of the weights ${what}${rounds}${rest}`;
}

/** Units that answer for something, or, where some were removed, those that stayed. */
function unitTile(pruning: PruneReport | undefined, last: StudiedModel | undefined): Tile[] {
  const removal = pruning && removalOf(pruning);
  if (removal) {
    const { noun, groups, left } = removal;
    const label = `${noun[0]!.toUpperCase()}${noun.slice(1)} left`;
    return [{ label, value: formatCount(left), detail: `of ${formatCount(groups)} that can go` }];
  }
  if (!last) return [];
  const { layers } = last.liveness;
  const units = layers.reduce((sum, layer) => sum + layer.units, 0);
  const live = layers.reduce((sum, layer) => sum + layer.live, 0);
  return [{ label: 'Live units', value: formatCount(live), detail: `of ${formatCount(units)}` }];
}

function modelTiles(content: ReportContent, last: StudiedModel | undefined): Tile[] {
  const pruning = pruningOf(content, last);
  const units = unitTile(pruning, last);
  if (!last) return units;
  const bytes = last.model.encode().length;
  const now = last.model.summary().parameters;
  const before = pruning?.before.parameters ?? now;
  const detail = smallerThan(4 * before, bytes, before > now ? 'before in float32' : 'in float32');
  return [...units, { label: 'Model file', value: formatBytes(bytes), detail }];
}

/** Weights, accuracy or loss, units and bytes, as far as they are known. */
export function tilesOf(content: ReportContent, last: StudiedModel | undefined): Tile[] {
  const tiles: Tile[] = [];
  const counts = countsOf(content, last);
  if (counts) {
    const detail = `of ${formatCount(counts.weights)}`;
    tiles.push({ label: 'Weights left', value: formatCount(counts.live), detail });
  }
  const found = judge(content);
  if (found && Number.isFinite(found.value)) {
    const { quality, value, detail } = found;
    const label = quality === 'accuracy' ? 'Accuracy' : 'Loss';
    tiles.push({ label, value: qualityText(quality, value), detail });
  }
  return [...tiles, ...modelTiles(content, last)];
}
