/** Numbers as people read them, with the signs that a page can show. */
import { formatBytes, formatMicros, formatPercent } from '../src/report/table.js';

const NARROW = '\u00a0';

/** A number and its unit stay on one line. */
const bound = (text: string) => text.replaceAll(' ', NARROW);

/** `3.53 µs`. */
export const microsText = (micros: number): string => bound(formatMicros(micros).replace(/us$/, 'µs'));

/** `69.3 kB`. */
export const bytesText = (bytes: number): string => bound(formatBytes(bytes));

/** `98.29 %`. */
export const percentText = (share: number, digits = 2): string => bound(formatPercent(share, digits));

/** `6.1×`. */
export function factorText(ratio: number): string {
  return `${ratio.toFixed(ratio < 0.995 ? 2 : ratio < 99.95 ? 1 : 0)}×`;
}
