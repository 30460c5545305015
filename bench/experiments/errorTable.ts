/** What experiments print and put on their pages: errors of methods, and claims about them. */
import { formatCount, formatPercent } from '../../src/report/index.js';
import type { Plain } from './ledger.js';
import {
  type Cell,
  compare,
  compareValue,
  type Difference,
  pairsOf,
  type Sample,
  sampleOf,
  type Verdict,
} from './statistics.js';

/** A share as `1.78 ± 0.05 %`: mean and deviation. */
export function errorText({ mean, deviation }: Sample): string {
  if (Number.isNaN(deviation)) return formatPercent(mean);
  return `${(mean * 100).toFixed(2)} ± ${(deviation * 100).toFixed(2)} %`;
}

function pointsText(share: number): string {
  const size = (Math.abs(share) * 100).toFixed(2);
  return share < 0 && Number(size) > 0 ? `−${size}` : `+${size}`;
}

/** A difference of shares as `+0.41 ± 0.06 points`: mean and standard error. */
export function differenceText({ mean, error }: Difference): string {
  if (Number.isNaN(mean)) return 'no common seeds';
  const points = pointsText(mean);
  return Number.isNaN(error) ? `${points} points` : `${points} ± ${(error * 100).toFixed(2)} points`;
}

/** Its 95 % interval as `−0.01 to +0.13`. */
export function intervalText({ mean, margin }: Difference): string {
  return Number.isNaN(margin) ? 'n/a' : `${pointsText(mean - margin)} to ${pointsText(mean + margin)}`;
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
  /** Of the seeds that both have, if there are any. */
  readonly worse: Sample;
  readonly better: Sample;
  readonly difference: Difference;
}

/** Makes a claim of two cells, on test errors, paired by seed. */
export function claimOf(claim: string, better: Cell, worse: Cell): Claim {
  const pairs = pairsOf(worse, better);
  const [left, right] = [0, 1].map((side) => sampleOf(pairs.map((pair) => pair[side]!)));
  return {
    claim,
    density: better.density,
    worse: pairs.length > 0 ? left! : worse.testError,
    better: pairs.length > 0 ? right! : better.testError,
    difference: compare(worse, better),
  };
}

/** Makes a claim of a cell and an error that is known as it is, such as one of a paper. */
export function claimOfValue(claim: string, better: Cell, value: number): Claim {
  return {
    claim,
    density: better.density,
    worse: { count: 1, mean: value, deviation: Number.NaN, error: 0 },
    better: better.testError,
    difference: compareValue(value, better),
  };
}

/** The claims that a pruned network is better than each of the others that are there. */
export function claimsAgainst(pruned: Cell | undefined, others: readonly (Cell | undefined)[]): Claim[] {
  return others.flatMap((other) =>
    pruned && other ? [claimOf(`pruned < ${other.method}`, pruned, other)] : [],
  );
}

/** What the difference to a dense network says about a loss of accuracy. */
export function lossText(dense: Cell, pruned: Cell): string {
  const difference = compare(pruned, dense);
  const size = `${differenceText(difference)}, 95 % interval ${intervalText(difference)}, ${difference.count} seeds`;
  if (difference.verdict === 'holds') return `a loss of accuracy (${size})`;
  if (difference.verdict === 'refuted') return `a gain in accuracy (${size})`;
  return `undecided whether accuracy is lost (${size})`;
}

/** Rows of a table of claims; n are the pairs. */
export function claimRows(claims: readonly Claim[]): string[][] {
  return [
    ['claim', 'kept', 'left', 'right', 'difference', 'n', 'df', '95 % interval', 'verdict'],
    ...claims.map(({ claim, density, better, worse, difference }) => [
      claim,
      keptText(density),
      errorText(better),
      errorText(worse),
      differenceText(difference),
      String(difference.count),
      String(Math.max(0, difference.count - 1)),
      intervalText(difference),
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
