/** Seeded random numbers from integer arithmetic alone: the same on every engine. */
import { OptionError } from '../errors.js';

/** Mixes 32 bits; the finalizer of MurmurHash3 (Appleby 2011). */
function mix(x: number): number {
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

/** A seed of 64 bits, as two words. */
export interface Seed {
  readonly low: number;
  readonly high: number;
}

/** Derives a seed for one purpose, such as layer 3 of a model, from a user's seed. Equal inputs, equal outputs. */
export function deriveSeed(seed: number, ...path: readonly number[]): Seed {
  let low = mix(seed >>> 0);
  let high = mix((Math.floor(seed / 4294967296) >>> 0) ^ 0x9e3779b9);
  for (const part of path) {
    low = mix(low ^ mix(part + 0x7f4a7c15));
    high = mix(high ^ low);
  }
  return { low, high };
}

/** xoshiro128** (Blackman & Vigna 2018). */
export class Random {
  readonly #state: Uint32Array;

  constructor({ low, high }: Seed) {
    this.#state = Uint32Array.of(mix(low), mix(high), mix(low ^ 0x9e3779b9), mix(high ^ 0x6a09e667) | 1);
  }

  /** The next 32 random bits, as a whole number from 0 to 2^32 - 1. */
  next(): number {
    const s = this.#state;
    const product = Math.imul(s[1]!, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const t = s[1]! << 9;
    s[2]! ^= s[0]!;
    s[3]! ^= s[1]!;
    s[1]! ^= s[2]!;
    s[0]! ^= s[3]!;
    s[2]! ^= t;
    s[3] = (s[3]! << 11) | (s[3]! >>> 21);
    return result;
  }

  /** A whole number from 0 to bound - 1, without bias. Throws OptionError for a bound above 2^32. */
  below(bound: number): number {
    if (bound > 4294967296) throw new OptionError(`random: bound must be at most 2^32, got ${bound}`);
    const limit = 4294967296 - (4294967296 % bound);
    let value = this.next();
    while (value >= limit) value = this.next();
    return value % bound;
  }

  /** Shuffles in place; Fisher & Yates 1938. */
  shuffle(items: Uint32Array): void {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      const item = items[i]!;
      items[i] = items[j]!;
      items[j] = item;
    }
  }
}

/** `values` without repetitions, ascending; sorts them in place. */
function sortedSet(values: Uint32Array): Uint32Array {
  values.sort();
  let count = 0;
  for (let i = 0; i < values.length; i++) {
    if (i === 0 || values[i] !== values[i - 1]) values[count++] = values[i]!;
  }
  return values.subarray(0, count);
}

/** What is missing of 0 ... total - 1 in an ascending list. */
function complement(total: number, list: Uint32Array): Uint32Array {
  const rest = new Uint32Array(total - list.length);
  for (let value = 0, next = 0, at = 0; value < total; value++) {
    if (list[next] === value) next++;
    else rest[at++] = value;
  }
  return rest;
}

/** `count` different whole numbers below `total` (at most 2^32), ascending; every such set is equally likely. */
export function sample(random: Random, total: number, count: number): Uint32Array {
  if (count > total / 2) return complement(total, sample(random, total, total - count));
  let chosen = new Uint32Array(0);
  while (chosen.length < count) {
    // Numbers drawn twice count once, and as many are drawn anew: the same as drawing until there are enough.
    const more = new Uint32Array(count);
    more.set(chosen);
    for (let i = chosen.length; i < count; i++) more[i] = random.below(total);
    chosen = sortedSet(more) as Uint32Array<ArrayBuffer>;
  }
  return chosen;
}
