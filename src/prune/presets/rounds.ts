/** When how much is pruned, in rounds with retraining between them. */
import { expectInteger, expectOneOf, expectOptions } from '../../options.js';

/** A plan of rounds: sparsity after round 1 to `rounds`, from the sparsity before to the one asked for. */
export interface RoundSchedule {
  readonly rounds: number;
  sparsityAt(round: number, from: number, to: number): number;
}

/** The n-th root of x in [0, 1], by Newton's method: Math.pow differs between engines. */
export function nthRoot(x: number, n: number): number {
  if (x === 0 || n === 1) return x;
  let root = 1;
  for (let i = 0; i < 200; i++) {
    let lower = 1;
    for (let j = 1; j < n; j++) lower *= root;
    const next = root - (root * lower - x) / (n * lower);
    if (!(next < root)) break; // falls from above until rounding stops it
    root = next;
  }
  return root;
}

/** Everything in one round. */
export function oneShot(): RoundSchedule {
  return { rounds: 1, sparsityAt: (_round, _from, to) => to };
}

/**
 * Several rounds. `per: 'remaining'` (default) takes the same share of what is left each time, so that density
 * falls geometrically (Frankle & Carbin 2018, arXiv:1803.03635); `per: 'original'` the same number each time.
 */
export function iterative(options: { rounds?: number; per?: 'remaining' | 'original' } = {}): RoundSchedule {
  expectOptions('iterative', options, ['rounds', 'per']);
  const rounds = expectInteger('iterative', 'rounds', options.rounds ?? 5);
  const per = expectOneOf('iterative', 'per', options.per ?? 'remaining', ['remaining', 'original'] as const);
  return {
    rounds,
    sparsityAt(round, from, to) {
      if (round >= rounds) return to;
      if (per === 'original' || from >= 1) return from + ((to - from) * round) / rounds;
      const factor = nthRoot((1 - to) / (1 - from), rounds);
      let density = 1 - from;
      for (let i = 0; i < round; i++) density *= factor;
      return 1 - density;
    },
  };
}
