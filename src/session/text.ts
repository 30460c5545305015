/** Tables of plain text. */

/** Cells in columns, two spaces apart; nothing at the ends of lines. */
export function aligned(rows: readonly (readonly string[])[], right: readonly number[] = []): string[] {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  const cellOf = (cell: string, i: number) =>
    right.includes(i) ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!);
  return rows.map((row) => row.map(cellOf).join('  ').trimEnd());
}

/** `12.3 %`; `n/a` for what is not a number. */
export const percent = (share: number, digits = 1): string =>
  Number.isFinite(share) ? `${(share * 100).toFixed(digits)} %` : 'n/a';

/** `1 dead unit`, `2 channels of zeros`. */
export const counted = (count: number, what: string, rest = '') =>
  count === 0 ? [] : [`${count} ${what}${count === 1 ? '' : 's'}${rest}`];

/** `312 unread inputs, 5 dead units and 2 constant units dropped`. */
export function dropped(parts: readonly string[]): string {
  const [first, last] = [parts.slice(0, -1), parts.at(-1)!];
  return `${first.length === 0 ? '' : `${first.join(', ')} and `}${last} dropped`;
}
