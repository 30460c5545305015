/** Rows of cells as aligned text; the first row is the header, the first column holds words, all others numbers. */
export function textTable(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((cells) => cells[i]!.length)));
  const pad = (cell: string, i: number) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!));
  return rows.map((cells) => cells.map(pad).join('  ').trimEnd()).join('\n');
}

/**
 * Figures with a `toString()` that gives their table. Not enumerable: console.log() shows figures, and structuredClone() and
 * postMessage() take them.
 */
export function withText<T extends object>(figures: T, text: () => string): T & { toString(): string } {
  return Object.defineProperty(figures, 'toString', { value: text });
}

/** A share as a percentage: 0.9812 gives `98.12 %`. */
export const percent = (share: number): string => `${(share * 100).toFixed(2)} %`;
