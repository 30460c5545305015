/** What experiments print and put on their pages: errors of methods, and claims about them. */
import { formatCount, formatPercent } from '../../src/report/index.js';
import type { Plain } from './ledger.js';
import { type Cell, compare, type Difference, type Sample, type Verdict } from './statistics.js';

/** A share as `1.78 ± 0.05 %`: mean and deviation. */
export function errorText({ mean, deviation }: Sample): string {
  if (Number.isNaN(deviation)) return formatPercent(mean);
  return `${(mean * 100).toFixed(2)} ± ${(deviation * 100).toFixed(2)} %`;
}

/** A difference of shares as `+0.41 ± 0.06 points`: mean and standard error. */
export function differenceText({ mean, error }: Difference): string {
  const sign = mean < 0 ? '−' : '+';
  const points = `${sign}${(Math.abs(mean) * 100).toFixed(2)}`;
  return Number.isNaN(error) ? `${points} points` : `${points} ± ${(error * 100).toFixed(2)} points`;
}

/** Plain JSON for people: `learning rate 0.002, epochs 10`. */
export function plainText(value: Plain): string {
  if (Array.isArray(value)) return value.map(plainText).join(', ');
  if (value === null || typeof value !== 'object') return String(value);
  const words = (name: string) => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return Object.entries(value)
    .map(([name, part]) => (name === 'note' ? plainText(part) : `${words(name)} ${plainText(part)}`))
    .join(', ');
}

/** Share of weights kept: `21.1 %`, and `8 %` where no digit is lost. */
export function keptText(density: number): string {
  return `${Number((density * 100).toFixed(1))} %`;
}

/** One claim: the error of `worse` is greater than that of `better`. */
export interface Claim {
  readonly claim: string;
  /** Share of weights kept. */
  readonly density: number;
  readonly worse: Sample;
  readonly better: Sample;
  readonly difference: Difference;
}

/** Makes a claim of two cells, on test errors. */
export function claimOf(claim: string, better: Cell, worse: Cell): Claim {
  return {
    claim,
    density: better.density,
    worse: worse.testError,
    better: better.testError,
    difference: compare(worse.testError, better.testError),
  };
}

/** Rows of a table of claims. */
export function claimRows(claims: readonly Claim[]): string[][] {
  return [
    ['claim', 'kept', 'left', 'right', 'difference', 'verdict'],
    ...claims.map(({ claim, density, better, worse, difference }) => [
      claim,
      keptText(density),
      errorText(better),
      errorText(worse),
      differenceText(difference),
      difference.verdict,
    ]),
  ];
}

/** Where claims hold: `holds at 21.1 %, 13.5 %; undecided at 80 %`. */
export function verdictText(claims: readonly Claim[]): string {
  const kinds: readonly Verdict[] = ['holds', 'undecided', 'refuted'];
  const parts = kinds.flatMap((kind) => {
    const at = claims.filter(({ difference }) => difference.verdict === kind);
    return at.length === 0 ? [] : [`${kind} at ${at.map(({ density }) => keptText(density)).join(', ')}`];
  });
  return parts.length === 0 ? 'nothing to compare yet' : parts.join('; ');
}

/** Rows of a table of all cells; `name` is what a method is called. */
export function cellRows(cells: readonly Cell[], name: (method: string) => string): string[][] {
  return [
    ['method', 'kept', 'weights', 'test error', 'validation error', 'seeds'],
    ...cells.map(({ method, density, kept, testError, validationError }) => [
      name(method),
      keptText(density),
      formatCount(kept.mean),
      errorText(testError),
      errorText(validationError),
      String(testError.count),
    ]),
  ];
}
