/** Chart scales: from values to a position in [0, 1], with ticks at round numbers. */
import { formatCount, formatMicros } from './table.js';

/** What a scale has to cover, and how. */
export interface ScaleOptions {
  /**
   * `density` is for shares of zeros: logarithmic in what is left, so that .9 to .99 gets as much room as 0 to .9. `error` is the
   * same for shares of right answers, and begins near the lowest value instead of at 0.
   */
  readonly kind?: 'linear' | 'log' | 'density' | 'error';
  /** Include zero (linear only). */
  readonly zero?: boolean;
  /** Never extend past these, whatever rounding would suggest. */
  readonly limits?: readonly [number, number];
  /** Use the exact range of the values instead of extending it to round numbers. */
  readonly exact?: boolean;
  /** About how many ticks fit. */
  readonly count?: number;
  /** Smallest distance between ticks: 1 for things that are counted. */
  readonly minStep?: number;
}

/** A finished scale. `step` is the tick distance, 0 for scales that are not linear. */
export interface Scale {
  readonly low: number;
  readonly high: number;
  readonly step: number;
  readonly ticks: readonly number[];
  /** Whether the value has a place on this scale at all. */
  holds(value: number): boolean;
  /** 0 at `low`, 1 at `high`; clamped. Only for values that the scale holds. */
  fraction(value: number): number;
}

/** Beyond this, spans and logarithms overflow; such a value is treated as missing. */
const isUsable = (value: number) => Math.abs(value) < 1e300;
const clamp = (value: number) => Math.min(Math.max(value, 0), 1);
/** Drops the last bits, so that 3 · 0.1 prints as 0.3. */
const tidy = (value: number) => Number(value.toPrecision(12));

/** The smallest of 1, 2, 5 · 10^k that cuts `span` into at most `count` steps, and at least `minStep`. */
export function niceStep(span: number, count: number, minStep = 0): number {
  const rough = Math.max(span / Math.max(count, 1), minStep, Number.MIN_VALUE * 1e9);
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 5, 10].find((f) => tidy(f * power) >= tidy(rough)) ?? 10;
  return tidy(factor * power);
}

/** Multiples of `step` inside [low, high]. */
function multiples(low: number, high: number, step: number): number[] {
  const slack = step * 1e-9;
  const first = Math.ceil((low - slack) / step);
  const last = Math.floor((high + slack) / step);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => tidy((first + i) * step) || 0);
}

function linearRange(values: readonly number[], options: ScaleOptions): [number, number] {
  const finite = values.filter(isUsable);
  if (options.zero === true) finite.push(0);
  let low = finite.reduce((least, value) => Math.min(least, value), Infinity);
  let high = finite.reduce((most, value) => Math.max(most, value), -Infinity);
  if (low > high) return options.limits ? [options.limits[0], options.limits[1]] : [0, 1];
  // Closer than this, ticks would differ only in digits that nobody can read, and the span may round to 0.
  if (options.zero === true && low === 0 && high === 0) return [0, 1];
  if (high - low <= Math.abs(high) * 1e-9) {
    const margin = Math.abs(low) / 10 || 1;
    low -= margin;
    high += margin;
  }
  return [low, high];
}

function linearScale(values: readonly number[], options: ScaleOptions): Scale {
  let [low, high] = linearRange(values, options);
  const step = niceStep(high - low, options.count ?? 5, options.minStep);
  if (options.exact !== true) {
    low = tidy(Math.floor(low / step + 1e-9) * step);
    high = tidy(Math.ceil(high / step - 1e-9) * step);
  }
  if (options.limits) {
    low = Math.max(low, options.limits[0]);
    high = Math.min(high, options.limits[1]);
    if (low >= high) [low, high] = options.limits;
  }
  return {
    low,
    high,
    step,
    ticks: multiples(low, high, step),
    holds: isUsable,
    fraction: (value) => clamp((value - low) / (high - low)),
  };
}

/** 1, 2, 5 · 10^k around [low, high], thinned to powers of ten when the span is wide. */
function logTicks(low: number, high: number): number[] {
  const first = Math.floor(Math.log10(low) + 1e-9);
  const last = Math.ceil(Math.log10(high) - 1e-9);
  const factors = last - first > 3 ? [1] : [1, 2, 5];
  const all: number[] = [];
  for (let power = first; power <= last; power++) for (const f of factors) all.push(tidy(f * 10 ** power));
  const start = all.findLastIndex((tick) => tick <= low * (1 + 1e-9));
  const end = all.findIndex((tick) => tick >= high * (1 - 1e-9));
  return all.slice(Math.max(start, 0), end < 0 ? all.length : end + 1);
}

function logScale(values: readonly number[]): Scale {
  const holds = (value: number) => value > 1e-300 && isUsable(value);
  const positive = values.filter(holds);
  let low = positive.reduce((least, value) => Math.min(least, value), Infinity);
  let high = positive.reduce((most, value) => Math.max(most, value), 0);
  if (low > high) [low, high] = [1, 10];
  if (high / low < 1 + 1e-6) [low, high] = [low / 2, high * 2];
  const ticks = logTicks(low, high);
  low = ticks[0]!;
  high = ticks[ticks.length - 1]!;
  const span = Math.log(high / low);
  return {
    low,
    high,
    step: 0,
    ticks,
    holds,
    fraction: (value) => clamp(holds(value) ? Math.log(value / low) / span : 0),
  };
}

/** Shares of zeros that people speak of, about equally far apart where density is logarithmic. */
const zeroShares = [0, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9999];

/** Logarithmic in 1 - share, from 0 or, with `cropped`, from a round share below the lowest value. */
function shareScale(values: readonly number[], cropped: boolean): Scale {
  const holds = (value: number) => value >= 0 && value < 1;
  const held = values.filter(holds);
  const most = held.reduce((highest, value) => Math.max(highest, value), 0.5);
  const least = cropped ? held.reduce((lowest, value) => Math.min(lowest, value), 1) : 0;
  const high = zeroShares.find((share) => share >= most - 1e-9) ?? most;
  const low = zeroShares.findLast((share) => share <= least + 1e-9 && share < high) ?? 0;
  const span = Math.log((1 - high) / (1 - low));
  return {
    low,
    high,
    step: 0,
    ticks: zeroShares.filter((share) => share >= low && share <= high),
    holds,
    fraction: (value) => clamp(holds(value) ? Math.log((1 - value) / (1 - low)) / span : 0),
  };
}

/** A scale that covers all finite values; no values, one value and equal values give a usable range too. */
export function makeScale(values: readonly number[], options: ScaleOptions = {}): Scale {
  if (options.kind === 'density' || options.kind === 'error') {
    return shareScale(values, options.kind === 'error');
  }
  return options.kind === 'log' ? logScale(values) : linearScale(values, options);
}

/** Decimals a tick distance needs. */
export function decimalsOf(step: number): number {
  const text = String(tidy(step));
  const exponent = /e-(\d+)$/.exec(text);
  return exponent ? Math.min(Number(exponent[1]), 20) : (text.split('.')[1]?.length ?? 0);
}

/** Text of a tick; `step` tells how many decimals keep neighbours apart (0: as many as the value has). */
export type TickFormat = (value: number, step: number) => string;

/** Plain tick: `0.25`, `20,000`. */
export const plainTick: TickFormat = (value, step) => {
  const decimals = decimalsOf(step || value);
  return decimals === 0 ? formatCount(value) : value.toFixed(decimals);
};

/** Fractions as percentages: `97.5 %`. */
export const percentTick: TickFormat = (value, step) =>
  `${(value * 100).toFixed(decimalsOf((step || value) * 100))} %`;

/** Ratios: `2x`. */
export const ratioTick: TickFormat = (value, step) => `${plainTick(value, step)}x`;

/** Microseconds without the zeros that every power of ten would carry: `10 us`, `1 ms`. */
export const microsTick: TickFormat = (value) => formatMicros(value).replace(/\.0+ /, ' ');
