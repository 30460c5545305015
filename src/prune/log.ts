/** What a pruning removed, weight by weight: when, and why. */
import { OptionError } from '../errors.js';
import { expectInteger, expectOneOf } from '../options.js';
import type { Cut } from './cut.js';

/** What became of one group: a weight, a block, or a unit. */
export interface Fate {
  /** The round that removed it; null while it is live, or when it was pruned before. */
  readonly round: number | null;
  /** Its score then, and the lowest score that stayed in its tensor. */
  readonly score: number | null;
  readonly threshold: number | null;
}

/** One tensor in one round of the log. */
export interface LogEntry {
  readonly round: number;
  readonly name: string;
  /** Groups that went. */
  readonly pruned: number;
  /** The lowest score that stayed; null when nothing did. */
  readonly threshold: number | null;
}

const unknown: Fate = Object.freeze({ round: null, score: null, threshold: null });

/** Place of a value in an ascending list, or -1. */
function find(list: Uint32Array, value: number): number {
  let [low, high] = [0, list.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (list[middle] === value) return middle;
    if (list[middle]! < value) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

/** The log of one prune(): rounds in order. Positions are those of groups in the tensors as they were when it began. */
export class PruningLog {
  readonly #rounds: (readonly Cut[])[] = [];

  /** @internal */
  add(cuts: readonly Cut[]): void {
    this.#rounds.push(cuts);
  }

  /** @internal What was cut, round by round. */
  get rounds(): readonly (readonly Cut[])[] {
    return [...this.#rounds];
  }

  /** What was cut in a round, tensor by tensor, with histograms of the scores. */
  cuts(round: number): readonly Cut[] {
    const last = this.#rounds.length;
    if (expectInteger('log', 'round', round) > last) {
      throw new OptionError(`log: round must be 1 to ${last}, got ${round}`);
    }
    return this.#rounds[round - 1]!;
  }

  /** Every tensor in every round: how many went, and the threshold. */
  get entries(): readonly LogEntry[] {
    return this.#rounds.flatMap((cuts, i) =>
      cuts.map(({ name, positions, threshold }) => ({
        round: i + 1,
        name,
        pruned: positions.length,
        threshold,
      })),
    );
  }

  /**
   * What became of one group of a tensor: `why('dense1.weight', 12 * 784 + 30)` for a weight by its row-major position,
   * `why('dense1', 12)` for a unit. Throws OptionError for a tensor that took no part.
   */
  why(name: string, position: number): Fate {
    const names = [...new Set(this.#rounds.flatMap((cuts) => cuts.map((cut) => cut.name)))];
    expectOneOf('log', 'tensor', name, names);
    expectInteger('log', 'position', position, 0);
    for (const [i, cuts] of this.#rounds.entries()) {
      const cut = cuts.find((one) => one.name === name);
      const at = cut ? find(cut.positions, position) : -1;
      if (at >= 0) return { round: i + 1, score: cut!.scores[at]!, threshold: cut!.threshold };
    }
    return unknown;
  }

  /** The entries: what JSON.stringify() writes of a log. */
  toJSON(): readonly LogEntry[] {
    return this.entries;
  }

  /** A table of the entries. */
  toString(): string {
    const rows = this.entries.map(({ round, name, pruned, threshold }) => [
      String(round),
      name,
      String(pruned),
      threshold === null ? 'none stayed' : threshold.toPrecision(4),
    ]);
    const all = [['round', 'tensor', 'pruned', 'threshold'], ...rows];
    const widths = all[0]!.map((_, i) => Math.max(...all.map((cells) => cells[i]!.length)));
    const words = 1;
    return all
      .map((cells) =>
        cells
          .map((cell, i) => (i === words ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
          .join('  ')
          .trimEnd(),
      )
      .join('\n');
  }
}
