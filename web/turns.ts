/** What was asked for last wins, even where the answer to something asked before it comes later. */

/** Turns in the order of asking. */
export class Turns {
  #asked = 0;
  #shown = 0;

  /** The next turn. */
  ask(): number {
    return ++this.#asked;
  }

  /** Whether something that was asked for later is shown. */
  passed(turn: number): boolean {
    return turn < this.#shown;
  }

  /** Whether its answer may be shown; what was asked for before it may not any more. */
  take(turn: number): boolean {
    if (this.passed(turn)) return false;
    this.#shown = turn;
    return true;
  }
}
