/** Plain-text tables and the number formats that terminal, page and charts share. ICU-free: same bytes everywhere. */

/** How `table` lays out its columns. */
export interface TableOptions {
  /** Whether the first row is a header with a rule below it; true unless told. */
  readonly header?: boolean;
  /** Per column; a column not named here is right-aligned when all its body cells start like numbers. */
  readonly align?: readonly ('left' | 'right')[];
}

const gap = '  ';

/** Code points, which is what a terminal cell holds for every script these tables meet. */
const cellWidth = (cell: string): number => [...cell].length;

/** True when every non-empty cell reads as a number, so that digits line up on the right. */
export function isNumericColumn(cells: readonly string[]): boolean {
  const filled = cells.filter((cell) => cell !== '' && cell !== 'n/a');
  return filled.length > 0 && filled.every((cell) => /^[-+−±~]?\.?\d/.test(cell));
}

/**
 * Rows of cells as aligned text, columns two spaces apart, no trailing spaces and no final newline.
 * Short rows are filled with empty cells; line breaks inside a cell become spaces. No rows give ''.
 */
export function table(rows: readonly (readonly string[])[], options: TableOptions = {}): string {
  const header = options.header ?? true;
  const columns = rows.reduce((most, row) => Math.max(most, row.length), 0);
  const cells = rows.map((row) =>
    Array.from({ length: columns }, (_, j) => (row[j] ?? '').replace(/\s+/g, ' ').trim()),
  );
  const body = header ? cells.slice(1) : cells;
  const widths: number[] = [];
  const right: boolean[] = [];
  for (let j = 0; j < columns; j++) {
    widths.push(cells.reduce((most, row) => Math.max(most, cellWidth(row[j]!)), 0));
    right.push(
      (options.align?.[j] ?? (isNumericColumn(body.map((row) => row[j]!)) ? 'right' : 'left')) === 'right',
    );
  }
  const lines = cells.map((row) => {
    const padded = row.map((cell, j) => {
      const fill = ' '.repeat(widths[j]! - cellWidth(cell));
      return right[j] ? fill + cell : cell + fill;
    });
    return padded.join(gap).trimEnd();
  });
  if (header && lines.length > 0) lines.splice(1, 0, widths.map((width) => '─'.repeat(width)).join(gap));
  return lines.join('\n');
}

/** Stands for a number that is missing or not finite. */
const missing = 'n/a';

/** Three significant digits for values below 1000, never in exponent form. */
function threeDigits(value: number): string {
  const size = Math.abs(value);
  return value.toFixed(size < 9.995 ? 2 : size < 99.95 ? 1 : 0);
}

/** Picks the first unit in which the rounded value stays below 1000; each unit is 1000 of the one before. */
function withUnit(value: number, units: readonly string[]): string {
  let scaled = value;
  let unit = 0;
  while (Math.abs(scaled) >= 999.5 && unit < units.length - 1) {
    scaled /= 1000;
    unit++;
  }
  return `${threeDigits(scaled)} ${units[unit]}`;
}

/** Whole number with thousands separators: 266610 → `266,610`. */
export function formatCount(value: number): string {
  if (!Number.isFinite(value)) return missing;
  const whole = Math.round(value);
  const digits = Math.abs(whole).toFixed(0);
  return (whole < 0 ? '-' : '') + digits.replace(/\B(?=(\d{3})+$)/g, ',');
}

/** Count in short, for ticks: 266610 → `267k`, 50000 → `50k`. */
export function compactCount(value: number): string {
  if (!Number.isFinite(value)) return missing;
  let [scaled, unit] = [value, 0];
  while (Math.abs(scaled) >= 999.5 && unit < 4) [scaled, unit] = [scaled / 1000, unit + 1];
  return `${Number(scaled.toPrecision(3))}${['', 'k', 'M', 'G', 'T'][unit]}`;
}

/** Bytes in decimal units: 1066440 → `1.07 MB`. */
export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes)) return missing;
  if (Math.abs(bytes) < 999.5) return `${Math.round(bytes)} B`;
  return withUnit(bytes / 1000, ['kB', 'MB', 'GB', 'TB']);
}

/** Fraction as a percentage: 0.9812 → `98.12 %`. `digits` is the number of decimals. */
export function formatPercent(fraction: number, digits = 2): string {
  return Number.isFinite(fraction) ? `${(fraction * 100).toFixed(digits)} %` : missing;
}

/** Microseconds with three significant digits, moving to ms and s: 12.34 → `12.3 us`. */
export function formatMicros(micros: number): string {
  return Number.isFinite(micros) ? withUnit(micros, ['us', 'ms', 's']) : missing;
}

/** Ratio, finer below 1 where a digit matters more: 7.34 → `7.3x`, 0.854 → `0.85x`, 123.4 → `123x`. */
export function formatRatio(ratio: number): string {
  if (!Number.isFinite(ratio)) return missing;
  return `${ratio.toFixed(ratio < 0.995 ? 2 : ratio < 99.95 ? 1 : 0)}x`;
}

/** Seconds for people: 5.31 → `5.3s`, 42 → `42s`, 64 → `1m 04s`, 3725 → `1h 02m`. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return missing;
  if (seconds < 9.95) return `${seconds.toFixed(1)}s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole}s`;
  const pad = (value: number) => String(value).padStart(2, '0');
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${pad(whole % 60)}s`;
  const minutes = Math.floor(whole / 60);
  return `${Math.floor(minutes / 60)}h ${pad(minutes % 60)}m`;
}
