/** Scored weights in the groups of a structure: what allocations choose among. */
import { entriesOf } from '../tensor/values.js';
import type { ScoredTensor } from './allocations/index.js';
import { deviationOf } from './deviation.js';
import type { PrunableWeight, WeightScores } from './score.js';
import { sortableKeys } from './select.js';
import type { WeightStructure } from './structures/index.js';
import { poolScores } from './structures/pool.js';

/** Groups of one tensor with their scores. */
export interface GroupedTensor {
  readonly tensor: ScoredTensor;
  readonly scores: Float32Array;
  /** Which groups those are; null when they are all, in order. */
  readonly positions: Uint32Array | null;
}

/** Groups of one weight. */
export interface GroupedWeight extends GroupedTensor, PrunableWeight {
  /** One byte a weight, row-major, from one byte a group; 0 where pruned already. */
  mask(keep: Uint8Array): Uint8Array;
  /** The same for the stored weights alone. */
  spread(keep: Uint8Array): Uint8Array;
}

/** Groups of a weight whose scores are those of all weights. */
function groupWhole(given: WeightScores, structure: WeightStructure): GroupedWeight {
  const { parameter, index, live } = given;
  const { name } = parameter;
  const { rows, cols, of } = structure.groups(parameter);
  const length = rows * cols;
  const scores = of ? poolScores(structure.pool, given.scores, of, length, live) : given.scores;
  const keys = sortableKeys(name, scores);
  if (live) {
    const alive = new Uint8Array(length);
    for (let i = 0; i < live.length; i++) if (live[i] === 1) alive[of ? of[i]! : i] = 1;
    for (let i = 0; i < length; i++) if (alive[i] === 0) keys[i] = 0;
  }
  const shape = of ? [rows, cols] : parameter.shape;
  const tensor = { name, shape, length, keys, columns: cols, deviation: () => deviationOf(parameter) };
  const mask = (keep: Uint8Array) => {
    const whole = of ? Uint8Array.from(of, (one) => keep[one]!) : keep.slice();
    if (live) for (let i = 0; i < whole.length; i++) whole[i]! &= live[i]!;
    return whole;
  };
  const spread = (keep: Uint8Array) => {
    const stored = parameter.values();
    const whole = mask(keep);
    if (stored.format === 'dense') return whole;
    return Uint8Array.from(entriesOf(stored).positions, (at) => whole[at]!);
  };
  return { parameter, index, scores, positions: null, tensor, mask, spread };
}

/** Groups a weight; its sparse storage must be rows. */
export function group(given: WeightScores, structure: WeightStructure): GroupedWeight {
  if (!given.positions) return groupWhole(given, structure);
  const { parameter, index, scores, positions } = given;
  const { name, shape, length, cols } = parameter;
  const keys = sortableKeys(name, scores);
  const mask = (keep: Uint8Array) => {
    const whole = new Uint8Array(length);
    positions.forEach((at, i) => {
      whole[at] = keep[i]!;
    });
    return whole;
  };
  const tensor = { name, shape, length, keys, columns: cols, deviation: () => deviationOf(parameter) };
  return { parameter, index, scores, positions, tensor, mask, spread: (keep) => keep };
}
