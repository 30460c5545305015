/** Means over seeds, and what differences between them say. */
import type { LedgerLine } from './ledger.js';
import { meanAndDeviation } from './runs.js';

/** Of the values of one cell; deviation and error are NaN for a single one. */
export interface Sample {
  readonly count: number;
  readonly mean: number;
  /** Of the sample. */
  readonly deviation: number;
  /** Standard error of the mean. */
  readonly error: number;
}

/** Mean, deviation and standard error. */
export function sampleOf(values: readonly number[]): Sample {
  const { mean, deviation } = meanAndDeviation(values);
  return { count: values.length, mean, deviation, error: deviation / Math.sqrt(values.length) };
}

/** What a comparison says: by more than two standard errors of the difference, or not. */
export type Verdict = 'holds' | 'refuted' | 'undecided';

/** A difference of means, a's minus b's, with its standard error sqrt(ea^2 + eb^2). */
export interface Difference {
  readonly mean: number;
  readonly error: number;
  /** Of "a is greater". */
  readonly verdict: Verdict;
}

/** Is the mean of `a` greater than that of `b`? Undecided too when one of them is a single value. */
export function compare(a: Sample, b: Sample): Difference {
  const mean = a.mean - b.mean;
  const error = Math.sqrt(a.error * a.error + b.error * b.error);
  const verdict = mean > 2 * error ? 'holds' : mean < -2 * error ? 'refuted' : 'undecided';
  return { mean, error, verdict };
}

/** All seeds of a method at a point. */
export interface Cell {
  readonly method: string;
  readonly point: number;
  /** Share of weights kept, mean. */
  readonly density: number;
  readonly kept: Sample;
  readonly testError: Sample;
  readonly validationError: Sample;
  readonly lines: readonly LedgerLine[];
}

/** Lines by method and point: methods in the order of their first lines, most weights first. */
export function cellsOf(lines: readonly LedgerLine[]): Cell[] {
  const groups = new Map<string, LedgerLine[]>();
  for (const line of lines) {
    const key = `${line.method} ${line.point}`;
    groups.set(key, [...(groups.get(key) ?? []), line]);
  }
  const methods = [...new Set(lines.map(({ method }) => method))];
  const cells = [...groups.values()].map((group) => ({
    method: group[0]!.method,
    point: group[0]!.point,
    density: sampleOf(group.map(({ kept, weights }) => kept / weights)).mean,
    kept: sampleOf(group.map(({ kept }) => kept)),
    testError: sampleOf(group.map(({ testError }) => testError)),
    validationError: sampleOf(group.map(({ validationError }) => validationError)),
    lines: group,
  }));
  const rank = ({ method }: Cell) => methods.indexOf(method);
  return cells.sort((a, b) => rank(a) - rank(b) || a.point - b.point);
}

/** Sample of one of the other figures of a cell; runs without it are left out. */
export function figureOf({ lines }: Cell, name: string): Sample {
  return sampleOf(lines.flatMap(({ figures }) => figures?.[name] ?? []));
}
