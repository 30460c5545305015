import { type Candidates, highest, randomAbsent } from '../absent.js';
import type { Regrowth } from './regrowth.js';

/** Both lists as one, ascending by position. */
function merged(a: Candidates, b: Candidates): Candidates {
  const size = a.positions.length + b.positions.length;
  const positions = new Uint32Array(size);
  const scores = new Float32Array(size);
  for (let to = 0, i = 0, j = 0; to < size; to++) {
    const first = j >= b.positions.length || a.positions[i]! < b.positions[j]!;
    const [from, at] = first ? [a, i++] : [b, j++];
    positions[to] = from.positions[at]!;
    scores[to] = from.scores[at]!;
  }
  return { positions, scores };
}

/** Those that have a gradient at all. */
function steep({ positions, scores }: Candidates): Candidates {
  return {
    positions: positions.filter((_, i) => scores[i]! > 0),
    scores: scores.filter((score) => score > 0),
  };
}

/** Two lists as one, ascending. */
function joined(a: Uint32Array, b: Uint32Array): Uint32Array {
  const all = new Uint32Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all.sort();
}

/**
 * Connections whose loss falls fastest: the largest gradients, those just dropped included. Where fewer have a gradient
 * at all, others at random. Evci et al. 2020, arXiv:1911.11134.
 */
export const gradient: Regrowth = {
  gradients: true,
  choose({ steepest, dropped, count, kept, total, random }) {
    const { positions } = highest(merged(steepest, steep(dropped)), count);
    if (positions.length === count) return positions;
    const more = randomAbsent(random, total, joined(kept, positions), count - positions.length);
    return joined(positions, more);
  },
};
