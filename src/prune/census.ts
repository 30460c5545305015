/** How much of a model is pruned, in the groups of a structure. */
import type { Trainable } from '../train/trainable.js';
import { type PrunableWeight, weightsOf } from './score.js';
import type { WeightStructure } from './structures/index.js';

/** Asked and reached sparsity of one tensor or of all. */
export interface TensorReport {
  readonly name: string;
  readonly weights: number;
  readonly live: number;
  readonly sparsity: number;
}

/** Live weights per tensor. */
export function tensorReports(model: Pick<Trainable, 'parameters'>): TensorReport[] {
  return weightsOf(model).map(({ name, length, live }) => ({
    name,
    weights: length,
    live,
    sparsity: length === 0 ? 0 : 1 - live / length,
  }));
}

/** Groups of some weights, and how many of them have a live weight. */
export interface Census {
  readonly total: number;
  readonly live: number;
}

/** Counts the groups of one weight. */
function countOne({ parameter }: PrunableWeight, structure: WeightStructure): Census {
  if (structure.single) return { total: parameter.length, live: parameter.live };
  const { rows, cols, of } = structure.groups(parameter);
  const mask = parameter.readMask();
  if (!mask) return { total: rows * cols, live: rows * cols };
  const alive = new Uint8Array(rows * cols);
  mask.forEach((kept, i) => {
    if (kept === 1) alive[of ? of[i]! : i] = 1;
  });
  return { total: alive.length, live: alive.reduce((sum, one) => sum + one, 0) };
}

/** Counts the groups of some weights together. Throws OptionError for a weight that cannot be cut into them. */
export function census(weights: readonly PrunableWeight[], structure: WeightStructure): Census {
  const counts = weights.map((weight) => countOne(weight, structure));
  return {
    total: counts.reduce((sum, { total }) => sum + total, 0),
    live: counts.reduce((sum, { live }) => sum + live, 0),
  };
}

/** Share of groups that are gone. */
export function shareGone({ total, live }: Census): number {
  return total === 0 ? 0 : 1 - live / total;
}
