/** What inputs cost at run time, one by one: multiply-adds as a distribution, with the accuracy beside it. */
import { DataError, OptionError, ShapeError } from '../errors.js';
import { show } from '../options.js';
import type { WeightCounts } from './tally.js';
import { aligned, percent } from './text.js';

/** Class of each sample. */
export type Labels = Uint8Array | Int32Array;

/** Samples that need `from` to `to` multiply-adds, both included. */
export interface HistogramBin {
  readonly from: number;
  readonly to: number;
  readonly samples: number;
}

/** Multiply-adds of one sample, over samples. Percentiles are those of the nearest rank: values that occur. */
export interface MultiplyAdds extends WeightCounts {
  /** All weights of the network, zeros included; of convolutions where they meet a pixel, not the border around an image. */
  readonly dense: number;
  /** The same of weights that are left, heads of exits included: what a sample without any zero would need in the end. */
  readonly live: number;
  readonly mean: number;
  readonly min: number;
  readonly p10: number;
  readonly p50: number;
  readonly p90: number;
  readonly max: number;
  /** From min to max in at most ten bins of equal width, the last of what is left. */
  readonly histogram: readonly HistogramBin[];
}

/** Samples that were answered in one place. */
export interface ExitShare {
  /** Name of the layer; the network's last one for those that went all the way. */
  readonly after: string;
  readonly samples: number;
  readonly share: number;
  /** Among these samples, NaN when there are none; only with labels. */
  readonly accuracy?: number;
}

/** What session.profile() found; toString() shows it as text. */
export interface Profile {
  readonly samples: number;
  /** Share of samples with their largest output at the label; only with labels. */
  readonly accuracy?: number;
  readonly multiplyAdds: MultiplyAdds;
  /** In the order of the network; only for sessions with exits. */
  readonly exits?: readonly ExitShare[];
  toString(): string;
}

/** Throws unless there is a sample, and labels, if given, are one class for each. */
export function expectLabels(where: string, samples: number, labels: unknown, classes: number): void {
  if (samples === 0) throw new ShapeError(`${where}: samples must be at least one, got none`);
  if (labels === undefined) return;
  if (!(labels instanceof Uint8Array || labels instanceof Int32Array)) {
    throw new OptionError(`${where}: labels must be a Uint8Array or Int32Array, got ${show(labels)}`);
  }
  if (labels.length !== samples) {
    throw new ShapeError(`${where}: labels must be ${samples}, one for each sample, got ${labels.length}`);
  }
  const at = labels.findIndex((label) => label < 0 || label >= classes);
  if (at >= 0)
    throw new DataError(`${where}: labels must be 0 to ${classes - 1}, got ${labels[at]} at ${at}`);
}

/** Class with the largest of `classes` outputs from `at` on: ties go to the lower one, NaN never wins; -1 if all are NaN. */
function classOf(outputs: Float32Array, at: number, classes: number): number {
  let best = -1;
  for (let c = 0; c < classes; c++) {
    const value = outputs[at + c]!;
    if (value > outputs[at + best]! || (best < 0 && !Number.isNaN(value))) best = c;
  }
  return best;
}

const BINS = 10;

function histogramOf(sorted: Float64Array): HistogramBin[] {
  const [min, max] = [sorted[0]!, sorted.at(-1)!];
  const width = Math.ceil((max - min + 1) / BINS);
  const counts = Array.from({ length: Math.ceil((max - min + 1) / width) }, () => 0);
  for (const value of sorted) counts[Math.floor((value - min) / width)]!++;
  return counts.map((samples, i) => {
    const from = min + i * width;
    return { from, to: Math.min(max, from + width - 1), samples };
  });
}

function distributionOf(tally: Float64Array, weights: WeightCounts): MultiplyAdds {
  const sorted = tally.slice().sort();
  const at = (percentile: number) => sorted[Math.ceil((percentile * sorted.length) / 100) - 1]!;
  return {
    ...weights,
    mean: sorted.reduce((sum, value) => sum + value, 0) / sorted.length,
    min: sorted[0]!,
    p10: at(10),
    p50: at(50),
    p90: at(90),
    max: sorted.at(-1)!,
    histogram: histogramOf(sorted),
  };
}

/** What a profile is made of. */
export interface Profiled {
  /** [n, classes] */
  readonly outputs: Float32Array;
  readonly labels: Labels | undefined;
  /** [n] */
  readonly tally: Float64Array;
  readonly weights: WeightCounts;
  /** Names of the places that answer, and which of them answered each sample [n]. */
  readonly answered?: { readonly places: readonly string[]; readonly by: Uint32Array };
}

/** Sums up what was counted. */
export function profileOf({ outputs, labels, tally, weights, answered }: Profiled): Profile {
  const samples = tally.length;
  const classes = outputs.length / samples;
  const right = labels && Array.from(labels, (label, s) => classOf(outputs, s * classes, classes) === label);
  const accuracyOf = (among: (s: number) => boolean) => {
    const these = right?.filter((_, s) => among(s));
    return these && { accuracy: these.filter(Boolean).length / these.length };
  };
  const exits = answered?.places.map((after, place): ExitShare => {
    const here = answered.by.reduce((count, by) => count + (by === place ? 1 : 0), 0);
    return { after, samples: here, share: here / samples, ...accuracyOf((s) => answered.by[s] === place) };
  });
  const profile = {
    samples,
    ...accuracyOf(() => true),
    multiplyAdds: distributionOf(tally, weights),
    ...(exits && { exits }),
  };
  return Object.defineProperty(profile, 'toString', { value: () => textOf(profile) });
}

const BAR = 40;

function textOf({ samples, accuracy, multiplyAdds, exits }: Omit<Profile, 'toString'>): string {
  const { histogram, dense, live, mean, min, p10, p50, p90, max } = multiplyAdds;
  const rows = Object.entries({ dense, live, mean, min, p10, p50, p90, max }).map(([name, value]) => [
    name,
    String(Math.round(value)),
    percent(value / dense),
  ]);
  const most = Math.max(...histogram.map((bin) => bin.samples));
  const bars = histogram.map((bin) => [
    String(bin.from),
    'to',
    String(bin.to),
    String(bin.samples),
    '#'.repeat(Math.ceil((bin.samples * BAR) / most)),
  ]);
  const answers = exits?.map((exit) => [
    exit.after,
    String(exit.samples),
    percent(exit.share),
    ...(exit.accuracy === undefined ? [] : [percent(exit.accuracy, 2)]),
  ]);
  const known = accuracy === undefined ? [] : ['accuracy'];
  return [
    `profile: ${samples} samples${accuracy === undefined ? '' : `, accuracy ${percent(accuracy, 2)}`}`,
    ...aligned([['multiply-adds', 'a sample', 'of dense'], ...rows], [1, 2]),
    '',
    ...aligned([['from', '', 'to', 'samples', ''], ...bars], [0, 2, 3]),
    ...(answers
      ? ['', ...aligned([['answered after', 'samples', 'share', ...known], ...answers], [1, 2, 3])]
      : []),
  ].join('\n');
}
