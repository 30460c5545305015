/** Times several cases in turn, block by block, so that a machine whose speed drifts treats all of them alike. */

/** One thing to time: does its work `times` over; asynchronous only if the thing itself is. */
export interface Case {
  readonly name: string;
  run(times: number): void | Promise<void>;
}

/** Microseconds of one call of a case: the median over the rounds, and all rounds in order. */
export interface Timing {
  readonly name: string;
  readonly micros: number;
  readonly rounds: readonly number[];
}

/** How long to measure. */
export interface InterleaveOptions {
  readonly rounds?: number;
  /** Aim for one block of one case. */
  readonly blockMillis?: number;
  /** Before the first round, so that engines have compiled what they will. */
  readonly warmMillis?: number;
}

/** Middle value. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

async function time(one: Case, times: number): Promise<number> {
  const start = performance.now();
  const pending = one.run(times);
  if (pending) await pending;
  return performance.now() - start;
}

/**
 * Times all cases; every round runs one block of each, after one call that is not timed: caches hold what the case before left there, which
 * is not the doing of this one.
 */
export async function interleave(cases: readonly Case[], options: InterleaveOptions = {}): Promise<Timing[]> {
  const { rounds = 25, blockMillis = 8, warmMillis = 150 } = options;
  const calls: number[] = [];
  for (const one of cases) {
    let [spent, done] = [0, 0];
    while (spent < warmMillis || done < 3) {
      spent += await time(one, 1);
      done++;
    }
    const recent = (await time(one, 5)) / 5;
    calls.push(Math.max(1, Math.round(blockMillis / recent)));
  }
  const times: number[][] = cases.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, one] of cases.entries()) {
      await time(one, 1);
      times[i]!.push(((await time(one, calls[i]!)) * 1000) / calls[i]!);
    }
  }
  return cases.map(({ name }, i) => ({ name, micros: median(times[i]!), rounds: times[i]! }));
}

/** Median over the rounds of a's time divided by b's: above 1, b is faster. */
export function ratio(a: Timing, b: Timing): number {
  return median(a.rounds.map((micros, round) => micros / b.rounds[round]!));
}
