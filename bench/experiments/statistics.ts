/** Means over seeds, and what differences between them say. */
import type { LedgerLine } from './ledger.js';
import { meanAndDeviation } from './runs.js';
import { quantileOfT } from './studentT.js';

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

/** What a comparison says of "a is greater": its 95 % interval lies above zero, below, or around it. */
export type Verdict = 'holds' | 'refuted' | 'undecided';

/** A mean difference, a's minus b's, of runs that were paired by seed. */
export interface Difference {
  /** NaN without common seeds. */
  readonly mean: number;
  /** Standard error of the mean of the differences; NaN for fewer than two pairs. */
  readonly error: number;
  /** Pairs; the degrees of freedom are one fewer. */
  readonly count: number;
  /** Half the width of the 95 % interval: the quantile of Student's t times the error. */
  readonly margin: number;
  readonly verdict: Verdict;
}

/** Is the mean of paired differences greater than zero? Undecided when there are fewer than two. */
function differenceOf(differences: readonly number[]): Difference {
  const { count, mean, error } = sampleOf(differences);
  const margin = quantileOfT(count - 1) * error;
  const verdict = mean > margin ? 'holds' : mean < -margin ? 'refuted' : 'undecided';
  return { mean, error, count, margin, verdict };
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

/** Test errors of the seeds that both cells have, a's first. */
export function pairsOf(a: Cell, b: Cell): (readonly [number, number])[] {
  const other = new Map(b.lines.map(({ seed, testError }) => [seed, testError]));
  return a.lines.flatMap(({ seed, testError }) => {
    const match = other.get(seed);
    return match === undefined ? [] : [[testError, match] as const];
  });
}

/**
 * Is the test error of `a` greater than that of `b`? A paired t-test (Student 1908) over the seeds that both have: runs of one
 * seed share their first weights and the order of their samples, so that their errors are no independent samples.
 */
export function compare(a: Cell, b: Cell): Difference {
  return differenceOf(pairsOf(a, b).map(([left, right]) => left - right));
}

/** Is a value that is known as it is greater than the test error of a cell? */
export function compareValue(value: number, { lines }: Cell): Difference {
  return differenceOf(lines.map(({ testError }) => value - testError));
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
