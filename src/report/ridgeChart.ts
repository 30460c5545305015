/** Histograms of scores, one above the other: what went in each round, what stayed, and where the cut was. */
import { element } from './markup.js';
import type { Scale } from './scale.js';
import {
  axisScale,
  fitText,
  legendBlock,
  svgLine,
  svgRoot,
  svgText,
  textWidth,
  titleBlock,
  tooltip,
  xAxis,
} from './svg.js';
import { formatCount } from './table.js';

/** One histogram: `edges` ascend, one more than there are bars. */
export interface Ridge {
  readonly name: string;
  readonly edges: readonly number[];
  readonly kept: readonly number[];
  readonly pruned: readonly number[];
  /** Where kept and pruned scores part; null when nothing was kept. */
  readonly cut: number | null;
}

/** What a ridge chart shows; the first ridge is on top. */
export interface RidgeChartOptions {
  readonly title: string;
  readonly label: string;
  readonly ridges: readonly Ridge[];
  readonly width?: number;
}

const ridgeHeight = 48;
const ridgeGap = 8;

const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);

interface Place {
  readonly at: (score: number) => number;
  readonly scale: Scale;
}

/** Below this share of a histogram, its lowest scores may be left out of the picture. */
const tail = 0.01;

/** The edge of a histogram below which at most a hundredth of it lies. */
function lowEdge({ edges, kept, pruned }: Ridge): number {
  const total = sum(kept) + sum(pruned);
  let below = 0;
  for (const [i, edge] of edges.entries()) {
    below += (kept[i] ?? 0) + (pruned[i] ?? 0);
    if (below > tail * total) return edge;
  }
  return edges.at(-1)!;
}

/** The edge above all that a histogram holds. */
function highEdge({ edges, kept, pruned }: Ridge): number {
  const last = kept.findLastIndex((count, i) => count + pruned[i]! > 0);
  return edges[last + 1]!;
}

/** Places of positive scores, on a logarithmic axis. */
function logPlace(ridges: readonly Ridge[], from: number, to: number): Place {
  const low = Math.min(...ridges.map(lowEdge));
  const high = Math.max(...ridges.map(highEdge));
  const scale = axisScale({ label: '', kind: 'log' }, [low, high], to - from, 60);
  const span = Math.log(high / low) || 1;
  const fraction = (score: number) => Math.min(1, Math.max(0, Math.log(Math.max(score, low) / low) / span));
  const ticks = scale.ticks.filter((tick) => tick >= low && tick <= high);
  return {
    at: (score) => from + fraction(score) * (to - from),
    scale: { ...scale, low, high, ticks, fraction },
  };
}

/** Places of scores of any sign: by their rank among the edges. */
function rankPlace(edges: readonly number[], from: number, to: number): Place {
  const sorted = [...new Set(edges)].sort((a, b) => a - b);
  const last = Math.max(1, sorted.length - 1);
  const fraction = (score: number) => {
    const above = sorted.findIndex((edge) => edge >= score);
    return (above < 0 ? last : above) / last;
  };
  const every = Math.max(1, Math.floor(sorted.length / 4));
  const ticks = sorted.filter((_, i) => i % every === 0);
  const [low, high] = [sorted[0] ?? 0, sorted.at(-1) ?? 1];
  return {
    at: (score) => from + fraction(score) * (to - from),
    scale: { low, high, step: 0, ticks, holds: Number.isFinite, fraction },
  };
}

function placeOf(ridges: readonly Ridge[], from: number, to: number): Place {
  const edges = ridges.flatMap((one) => one.edges).filter(Number.isFinite);
  const positive = edges.length > 0 && edges.every((edge) => edge > 0);
  return positive ? logPlace(ridges, from, to) : rankPlace(edges, from, to);
}

interface Outline {
  readonly at: (score: number) => number;
  readonly base: number;
  readonly most: number;
}

/** Steps over the bars of a histogram, closed along the base line. */
function area(edges: readonly number[], counts: readonly number[], { at, base, most }: Outline): string {
  let d = '';
  counts.forEach((count, i) => {
    if (count === 0) return;
    const [from, to] = [at(edges[i]!), at(edges[i + 1]!)];
    if (to - from < 0.05) return; // left of the axis
    const height = (count / most) * ridgeHeight;
    d += `M${from.toFixed(1)} ${base}V${(base - height).toFixed(1)}H${to.toFixed(1)}V${base}z`;
  });
  return d;
}

function ridge(one: Ridge, base: number, left: number, right: number, at: Outline['at']): string {
  const { edges, kept, pruned, cut, name } = one;
  const totals = kept.map((count, i) => count + pruned[i]!);
  const outline = { at, base, most: Math.max(1, ...totals) };
  const [stayed, went] = [sum(kept), sum(pruned)];
  const texts = `${name}: ${formatCount(went)} went, ${formatCount(stayed)} stayed`;
  const line = cut === null ? '' : svgLine(at(cut), base - ridgeHeight - 4, at(cut), base + 4, 'cut');
  return element(
    'g',
    {},
    tooltip(cut === null ? texts : `${texts}\ncut at ${cut.toPrecision(4)}`),
    svgText(left - 12, base - 3, fitText(name, left - 12), { class: 'muted', 'text-anchor': 'end' }),
    element('path', { d: area(edges, totals, outline), class: 'fill sparse' }),
    element('path', { d: area(edges, pruned, outline), class: 'fill warm' }),
    svgLine(left, base, right, base, 'base'),
    line,
    svgText(right + 12, base - 3, `−${formatCount(went)}`, { class: 'name warm' }),
  );
}

/** Largest float32: what scores without a bound are drawn at. */
const largest = 3.4e38;

function bounded(one: Ridge): Ridge {
  const clamp = (score: number) => Math.min(Math.max(score, -largest), largest);
  return { ...one, edges: one.edges.map(clamp), cut: one.cut === null ? null : clamp(one.cut) };
}

/** Histograms as one `<svg>`, each to its own height; warm is what went, green what stayed. */
export function ridgeChart(options: RidgeChartOptions): string {
  const width = options.width ?? 760;
  const title = titleBlock(options.title, width);
  const keys = [
    { name: 'stayed', tone: 'sparse', bar: true },
    { name: 'went', tone: 'warm', bar: true },
  ] as const;
  const legend = legendBlock(keys, title.height + 2, width);
  const ridges = options.ridges.map(bounded);
  const left = 14 + Math.max(0, ...ridges.map(({ name }) => textWidth(name)));
  const counts = ridges.map((one) => `−${formatCount(sum(one.pruned))}`);
  const right = width - 16 - Math.max(0, ...counts.map((count) => textWidth(count)));
  const top = title.height + legend.height + 14;
  const bottom = top + ridges.length * (ridgeHeight + ridgeGap);
  const { at, scale } = placeOf(ridges, left, right);
  const format = (tick: number) => String(Number(tick.toPrecision(2)));
  return svgRoot(
    width,
    bottom + 44,
    `${options.title}: ${options.label}`,
    title.svg,
    legend.svg,
    xAxis({ label: options.label, format }, scale, { left, right, top, bottom }, true),
    ...ridges.map((one, i) => {
      const base = top + (i + 1) * (ridgeHeight + ridgeGap) - ridgeGap / 2;
      return ridge(one, base, left, right, at);
    }),
  );
}
