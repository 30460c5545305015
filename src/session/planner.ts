/**
 * Chooses, for every layer, how its weight is stored and which kernel runs it; and into which tiles a batch is cut.
 *
 * Choices rest on estimates of time, in nanoseconds of one machine, of which only ratios matter. As all kernels give
 * the same bits over the same operations, a choice never changes a result. Only `kernels: 'dense'`, which is asked for and never
 * chosen for a network, goes over other operations: where simplification folds a unit of a constant other than 0 into the
 * next bias, its term moves to the front of the sum, and the results of both differ within rounding.
 */
import { type FormatName, productFormats } from './products/index.js';
import { percent } from './text.js';
import type { Weight } from './weight.js';

/** `'auto'` lets the planner choose; a format name forces it for every layer that it fits. */
export type KernelChoice = 'auto' | FormatName;

/** A choice and its reason, for explain(). */
export interface Choice {
  readonly format: FormatName;
  /** Estimated nanoseconds for one tile. */
  readonly cost: number;
  readonly why: string;
  /** True when the format was asked for by name, so that `why` says nothing of the weight. */
  readonly asked?: boolean;
}

/** Estimated or measured nanoseconds of a weight in a format, for one tile. */
export type CostOf = (weight: Weight, format: FormatName, lanes: number) => number;

export const estimate: CostOf = (weight, format, lanes) => productFormats[format].cost(weight, lanes);

/** Widths of a tile, widest first. */
export const TILE_WIDTHS = [32, 16, 8, 4, 1] as const;

/** Another format must promise at least this much before dense is left: estimates are not exact. */
export const MARGIN = 0.95;

const names = Object.keys(productFormats) as FormatName[];

/** Formats that can store a weight for tiles of a width. */
export function candidates(weight: Weight, lanes: number): FormatName[] {
  return names.filter((name) => {
    const format = productFormats[name];
    return format.lanes.includes(lanes) && format.fits(weight, lanes);
  });
}

const HEIGHTS: Partial<Record<FormatName, 2 | 4 | 8>> = { block2: 2, block4: 4, block8: 8 };

/** What a format goes by, in words. */
export function found(weight: Weight, format: FormatName): string {
  const height = HEIGHTS[format];
  if (height) {
    return `${percent(weight.nnz / Math.max(1, weight.blocks(height) * height))} of the blocks filled`;
  }
  if (format === 'nm') return `every ${weight.pattern!.m} inputs hold at most ${weight.pattern!.n} weights`;
  return `${percent(weight.sparsity)} zeros`;
}

/** Format of one weight at a tile width; undefined when the format asked for has no kernel of that width. */
export function choose(
  kernels: KernelChoice,
  weight: Weight,
  lanes: number,
  costOf: CostOf = estimate,
): Choice | undefined {
  // Without zeros nothing else is worth the time to look at it.
  const possible: FormatName[] = weight.sparsity === 0 ? ['dense'] : candidates(weight, lanes);
  if (kernels !== 'auto') {
    if (!productFormats[kernels].lanes.includes(lanes)) return undefined;
    const format = productFormats[kernels].fits(weight, lanes) ? kernels : 'dense';
    const why = `kernels: '${kernels}' was asked for${format === kernels ? '' : ', but does not fit this weight'}`;
    return { format, cost: costOf(weight, format, lanes), why, asked: true };
  }
  // One sample may leave out zero inputs, also with all weights in place.
  const plain: FormatName = lanes === 1 ? 'columns' : 'dense';
  const dense = costOf(weight, plain, lanes);
  let best: FormatName = plain;
  let cost = dense * MARGIN;
  for (const format of possible) {
    if (format === 'dense' || format === 'columns') continue;
    const here = costOf(weight, format, lanes);
    if (here < cost) [best, cost] = [format, here];
  }
  if (best === plain) {
    const inputs = plain === 'columns' && weight.finite ? '; zero inputs are skipped' : '';
    const zeros = weight.sparsity === 0 ? 'no zeros' : `${percent(weight.sparsity)} zeros do not pay here`;
    return { format: plain, cost: dense, why: `${zeros}${inputs}` };
  }
  const why = `${found(weight, best)}: about ${(dense / cost).toFixed(1)}x dense`;
  return { format: best, cost, why };
}

/** What a tile of a width costs, layers and what surrounds them together. */
export interface TileCost {
  readonly lanes: number;
  readonly cost: number;
}

/** A number of tiles of one width. */
export interface TileRun {
  readonly lanes: number;
  readonly count: number;
}

/** Samples up to which all ways to cut a batch are tried; of longer ones whole tiles are set aside first. */
const MOST_TRIED = 64;

/**
 * Tiles that a number of samples is cut into, at the least cost: one run for every width, in the order in which they
 * go, widest first. The last tile may be partly empty.
 */
export function cut(samples: number, tiles: readonly TileCost[]): TileRun[] {
  const thrifty = tiles.reduce((a, b) => (b.cost / b.lanes < a.cost / a.lanes ? b : a));
  const whole = Math.max(0, Math.floor((samples - MOST_TRIED) / thrifty.lanes));
  const rest = samples - whole * thrifty.lanes;
  const least = new Float64Array(rest + 1);
  const last = new Int32Array(rest + 1);
  for (let n = 1; n <= rest; n++) {
    least[n] = Infinity;
    for (const { lanes, cost } of tiles) {
      const here = cost + least[Math.max(0, n - lanes)]!;
      if (here < least[n]!) [least[n], last[n]] = [here, lanes];
    }
  }
  const counts = new Map([[thrifty.lanes, whole]]);
  for (let n = rest; n > 0; n -= last[n]!) counts.set(last[n]!, (counts.get(last[n]!) ?? 0) + 1);
  return [...counts]
    .filter(([, count]) => count > 0)
    .map(([lanes, count]) => ({ lanes, count }))
    .sort((a, b) => b.lanes - a.lanes);
}
