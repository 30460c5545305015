/** What one part of the inference benchmark gives. */

/** A table with its data. */
export interface Section<Row = Readonly<Record<string, unknown>>> {
  readonly title: string;
  /** Header first. */
  readonly table: readonly (readonly string[])[];
  /** What --json prints. */
  readonly rows: readonly Row[];
  /** A sentence on what the figures mean. */
  readonly note?: string;
}

/** How thoroughly to measure: 1 is the default. */
export interface Effort {
  readonly rounds: number;
  readonly blockMillis: number;
  readonly warmMillis: number;
}
