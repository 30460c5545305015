/** Times two functions against each other in small slices, so that the page stays smooth. */

/** Medians over the rounds. */
export interface Times {
  readonly micros: readonly [number, number];
  readonly rounds: number;
}

const SLICE_MILLIS = 3;
const PAUSE_MILLIS = 24;
/** Calls between two looks at the clock. */
const CALLS = 4;
/** Rounds that only let the engine compile. */
const WARM = 4;
/** Rounds until it rests. */
const ROUNDS = 41;
/** Rounds before anything is said. */
const FEW = 5;

/** Middle value. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

/** Most looks at the clock in a millisecond so far: fewer means that something else ran. */
let looksInMilli = 0;

/** Looks at a clock until it has moved on from `from`; where it is then, and how many looks that took. */
function untilTick(now: () => number, from: number): { at: number; looks: number } {
  let at = from;
  let looks = 0;
  while (at === from) {
    at = now();
    looks++;
  }
  return { at, looks };
}

/**
 * Microseconds of one call. Browsers' clocks tick in steps of up to a millisecond (Firefox and Safari): a slice begins right
 * after a tick, and how long before a tick it ends is told by the looks that still fit in.
 */
export function microsOf(
  run: () => void,
  millis: number,
  now: () => number = () => performance.now(),
): number {
  const edge = untilTick(now, now()).at;
  const { at: start, looks } = untilTick(now, edge);
  looksInMilli = Math.max(looksInMilli, looks / (start - edge));
  let calls = 0;
  let end = start;
  while (end - start < millis) {
    for (let i = 0; i < CALLS; i++) run();
    calls += CALLS;
    end = now();
  }
  const next = untilTick(now, end);
  return ((next.at - next.looks / looksInMilli - start) * 1000) / calls;
}

/** Measures round after round, then rests. */
export class Stopwatch {
  readonly #report: (times: Times) => void;
  #pair: readonly [() => void, () => void] | null = null;
  #rounds: [number, number][] = [];
  #warm = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #paused = false;

  constructor(report: (times: Times) => void) {
    this.#report = report;
  }

  /** Begins anew, with other functions or after what they work on has changed. */
  start(first: () => void, second: () => void): void {
    this.#pair = [first, second];
    this.#rounds = [];
    this.#warm = WARM;
    this.#next();
  }

  /** Ends it, before what it times goes away. */
  stop(): void {
    this.#pair = null;
    this.#next();
  }

  /** Rests, as when something else is being timed, and goes on where it was. */
  set paused(paused: boolean) {
    this.#paused = paused;
    this.#next();
  }

  #next(): void {
    clearTimeout(this.#timer);
    if (!this.#pair || this.#paused || this.#rounds.length >= ROUNDS) return;
    this.#timer = setTimeout(() => this.#round(), PAUSE_MILLIS);
  }

  #round(): void {
    const [first, second] = this.#pair!;
    if (document.visibilityState === 'visible') {
      // In turns, so that neither is always the one after a pause.
      const turned = (this.#rounds.length + this.#warm) % 2 === 1;
      const b = turned ? microsOf(second, SLICE_MILLIS) : 0;
      const a = microsOf(first, SLICE_MILLIS);
      const pair: [number, number] = [a, turned ? b : microsOf(second, SLICE_MILLIS)];
      if (this.#warm > 0) this.#warm--;
      else this.#rounds.push(pair);
      if (this.#rounds.length >= FEW) this.#tell();
    }
    this.#next();
  }

  #tell(): void {
    const rounds = this.#rounds;
    this.#report({
      micros: [median(rounds.map(([a]) => a)), median(rounds.map(([, b]) => b))],
      rounds: rounds.length,
    });
  }
}
