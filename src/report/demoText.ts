/** Wordings that several parts of the demo report share. */
import { percentTick } from './scale.js';
import type { ChartAxis } from './svg.js';
import { formatMicros, formatPercent, formatRatio } from './table.js';

/** Terminals get `us`; the page can show the real sign. */
export const micros = (value: number) => formatMicros(value).replace(' us', ' µs');

/** Difference of two fractions in percentage points, signed: `−0.06`. */
export function points(from: number, to: number): string {
  if (!Number.isFinite(to - from)) return 'n/a';
  const text = (Math.abs(to - from) * 100).toFixed(2);
  return `${Number(text) === 0 ? '±' : to < from ? '−' : '+'}${text}`;
}

/** How many times smaller `to` is than `from`. */
export function smaller(from: number, to: number): string {
  const ratio = from / to;
  if (!Number.isFinite(ratio)) return 'n/a';
  if (formatRatio(Math.max(ratio, 1 / ratio)) === '1.0x') return 'as large';
  return ratio >= 1 ? `${formatRatio(ratio)} smaller` : `${formatRatio(1 / ratio)} larger`;
}

/** The same in front of what it is compared with: `7.9x smaller than dense`, `as large as dense`. */
export function smallerThan(from: number, to: number, other: string): string {
  const text = smaller(from, to);
  if (text === 'n/a') return text;
  return `${text} ${text === 'as large' ? 'as' : 'than'} ${other}`;
}

/** Axis of a share in [0, 1]. */
export const percentAxis = (label: string): ChartAxis => ({
  label,
  format: percentTick,
  valueText: (value) => formatPercent(value),
  limits: [0, 1],
});

/** A speed-up in words: `7.9x faster`, `1.3x slower`. */
export function speed(speedup: number): string {
  if (!(speedup > 0)) return 'n/a';
  return speedup >= 1 ? `${formatRatio(speedup)} faster` : `${formatRatio(1 / speedup)} slower`;
}

/** Date and time to the minute when `date` is an ISO 8601 time in UTC, else `date` as it is. */
export function readableDate(date: string): string {
  const match = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)[\d:.]*Z$/.exec(date);
  return match ? `${match[1]} ${match[2]} UTC` : date;
}
