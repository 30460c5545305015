/** The ledger of an experiment: one JSON line a finished run, so that a run is never made twice. */
import { appendFileSync, existsSync, mkdirSync, readFileSync, truncateSync } from 'node:fs';
import { dirname } from 'node:path';
import { DataError } from '../../src/errors.js';

/** Plain JSON. */
export type Plain = string | number | boolean | null | readonly Plain[] | { readonly [name: string]: Plain };

/** What tells one run from another: equal keys, equal outcome. */
export interface RunKey {
  readonly experiment: string;
  readonly method: string;
  readonly seed: number;
  /** Share of zeros asked for, or what else the experiment varies. */
  readonly point: number;
  /** Everything else that decides the outcome. */
  readonly recipe: Plain;
}

/** What a run measured. Errors are shares of wrong answers, 0 to 1. */
export interface Outcome {
  /** On the official test set, at the end. */
  readonly testError: number;
  /** On the validation split, at the end. */
  readonly validationError: number;
  /** Weights that are not zero, and all of them; biases are not counted. */
  readonly kept: number;
  readonly weights: number;
  /** What else was measured. */
  readonly figures?: Readonly<Record<string, number | null>>;
}

/** One line. */
export interface LedgerLine extends RunKey, Outcome {
  readonly seconds: number;
  /** Of the package that made the run, and the digest of its sources; older lines have neither. */
  readonly version?: string;
  readonly sources?: string;
}

/** JSON with sorted names: equal for equal values. */
export function canonical(value: Plain): string {
  return JSON.stringify(value, (_, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

/** Equal for runs of equal outcome. */
export const keyOf = ({ experiment, method, seed, point, recipe }: RunKey) =>
  canonical([experiment, method, seed, point, recipe]);

/** Lines of a file that is only read; none without the file. Throws DataError for a line that is not JSON. */
export function linesIn(file: string): LedgerLine[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.flatMap((line, i) => (line === '' ? [] : [parse(file, i + 1, line)]));
}

/** A ledger in a file, which need not exist. */
export class Ledger {
  readonly #lines = new Map<string, LedgerLine>();

  /**
   * Reads what is there. A last line without its line break was torn when a process died: it is cut off, and its run is due
   * again. Runs that it does not have come from the file `shipped`, if that is given and there; nothing is ever written to that.
   * Throws DataError for any other line that is not JSON.
   */
  constructor(
    readonly file: string,
    shipped?: string,
  ) {
    if (shipped !== undefined) for (const line of linesIn(shipped)) this.#add(line);
    if (!existsSync(file)) return;
    const text = readFileSync(file, 'utf8');
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    for (const [i, line] of whole.split('\n').slice(0, -1).entries()) this.#add(parse(file, i + 1, line));
    if (whole.length < text.length) truncateSync(file, Buffer.byteLength(whole));
  }

  #add(line: LedgerLine): void {
    this.#lines.set(keyOf(line), line);
  }

  /** All lines, in the order of the file; the last of several with one key. */
  get lines(): readonly LedgerLine[] {
    return [...this.#lines.values()];
  }

  /** The line of a run that was made before. */
  find(key: RunKey): LedgerLine | undefined {
    return this.#lines.get(keyOf(key));
  }

  /** Writes a line, whole and at once. */
  append(line: LedgerLine): void {
    mkdirSync(dirname(this.file), { recursive: true });
    appendFileSync(this.file, `${JSON.stringify(line)}\n`);
    this.#add(line);
  }
}

function parse(file: string, number: number, line: string): LedgerLine {
  try {
    return JSON.parse(line) as LedgerLine;
  } catch {
    throw new DataError(`ledger: line ${number} of ${file} must be JSON, got ${line.slice(0, 40)}`);
  }
}
