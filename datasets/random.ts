/** Seeded random bits for the data sets: 32-bit integer arithmetic only, so every engine draws the same. */

/** Draws of one seeded stream. */
export interface RandomStream {
  /** A whole number in [0, 2^32). */
  next(): number;
  /** A whole number in [0, `bound`), for 1 <= `bound` <= 2^32; bias below `bound` / 2^32. */
  below(bound: number): number;
}

/**
 * sfc32, a chaotic generator with 128 bits of state and a counter. Source: Chris Doty-Humphrey, PractRand.
 *
 * `seed` is a whole number in [0, 2^53); both of its 32-bit halves enter the state.
 */
export function randomStream(seed: number): RandomStream {
  let a = seed >>> 0;
  let b = Math.floor(seed / 4294967296) >>> 0;
  let c = 0x9e3779b9;
  let counter = 1;
  const next = () => {
    const sum = (a + b + counter) >>> 0;
    counter = (counter + 1) >>> 0;
    a = (b ^ (b >>> 9)) >>> 0;
    b = (c + (c << 3)) >>> 0;
    c = (((c << 21) | (c >>> 11)) + sum) >>> 0;
    return sum;
  };
  // Near seeds give near first draws; a dozen rounds part them.
  for (let round = 0; round < 12; round++) next();
  return { next, below: (bound) => Math.floor((next() / 4294967296) * bound) };
}

/** Shuffles `list` in place and returns it; Fisher and Yates, Knuth TAOCP vol. 2, algorithm 3.4.2 P. */
export function shuffle<T extends { length: number; [index: number]: number }>(
  list: T,
  random: RandomStream,
): T {
  for (let i = list.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    const kept = list[i]!;
    list[i] = list[j]!;
    list[j] = kept;
  }
  return list;
}
