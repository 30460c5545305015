import { describedAs } from '../../described.js';
import { DataError, ShapeError } from '../../errors.js';
import { show } from '../../options.js';
import type { WeightMatrix, WeightStructure } from './structure.js';

/**
 * A structure of one's own: the group of every weight of a tensor [rows * cols], row-major, numbered from 0 without gaps.
 * Groups score the mean of their weights.
 */
export type GroupNumbers = (weight: WeightMatrix) => Uint32Array;

/** Throws DataError unless every number up to the highest occurs; returns how many there are. */
function countGroups(name: string, of: Uint32Array): number {
  const count = of.reduce((most, group) => Math.max(most, group + 1), 0);
  if (count > of.length)
    throw new DataError(`prune: groups of ${name} must be without gaps, got ${count - 1}`);
  const seen = new Uint8Array(count);
  for (const group of of) seen[group] = 1;
  const gap = seen.indexOf(0);
  if (gap >= 0)
    throw new DataError(`prune: groups of ${name} must be without gaps, got none of number ${gap}`);
  return count;
}

/** A structure from a function. Throws ShapeError or DataError for what it must not return. */
export function customStructure(groupsOf: GroupNumbers): WeightStructure {
  return describedAs(
    { kind: 'groups', of: groupsOf },
    Object.freeze({
      kind: 'groups',
      prunes: 'weights',
      single: false,
      pool: 'mean',
      groups({ name, shape, rows, cols }) {
        const of: unknown = groupsOf({ name, shape, rows, cols });
        if (!(of instanceof Uint32Array) || of.length !== rows * cols) {
          throw new ShapeError(
            `prune: groups of ${name} must be a Uint32Array of ${rows * cols}, got ${show(of)}`,
          );
        }
        return { rows: 1, cols: countGroups(name, of), of };
      },
    } satisfies WeightStructure),
  );
}
