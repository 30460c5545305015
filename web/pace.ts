/** How fast something goes while it goes. */

/** A longer wait than this is none of the work: the tab was frozen, or the machine asleep. */
const PAUSE_MILLIS = 1000;

/** Counts what is done, and the time it takes, pauses aside. */
export class Pace {
  readonly #now: () => number;
  #last: number;
  #millis = 0;
  #done = 0;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#last = now();
  }

  /** So much has been done since the last time. */
  add(count: number): void {
    const now = this.#now();
    const wait = now - this.#last;
    this.#last = now;
    if (wait > PAUSE_MILLIS && this.#done > 0) return; // neither the time nor what was done in it
    this.#done += count;
    this.#millis += wait;
  }

  /** What is done in a second; 0 before anything is. */
  get perSecond(): number {
    return this.#millis > 0 ? (this.#done * 1000) / this.#millis : 0;
  }
}
