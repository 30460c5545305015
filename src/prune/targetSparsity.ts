/** How much prune() takes away: a sparsity, a threshold, or what an axis decides, never two of them. */
import { describedAs } from '../described.js';
import { OptionError } from '../errors.js';
import { expectNumber, show } from '../options.js';
import {
  type Allocation,
  type AllocationName,
  keepAbove,
  type ScoredTensor,
  type Threshold,
} from './allocations/index.js';
import { resolveAllocation } from './axes.js';
import type { Criterion } from './criteria/index.js';
import { chosenWeights, type PruningAxes } from './mask.js';
import type { PruneOptions } from './pruneOptions.js';
import type { Resizable } from './resizable.js';
import type { Structure } from './structures/index.js';

/** For two options that decide the same. */
export function contradiction(what: string, against: string): OptionError {
  return new OptionError(`prune: ${what} must not be given together with ${against}, got both`);
}

/** The rule of a threshold as an allocation, whatever sparsity it is asked for. */
function thresholdAllocation(options: PruneOptions): Allocation {
  const { threshold: given } = options;
  if (options.sparsity !== undefined) throw contradiction('threshold', 'sparsity');
  if (options.allocation !== undefined) throw contradiction('threshold', 'an allocation');
  const rule: Threshold =
    typeof given === 'function'
      ? given
      : (tensors) => tensors.map(() => expectNumber('prune', 'threshold', given));
  if (typeof given !== 'function') expectNumber('prune', 'threshold', given);
  const allocate = (tensors: readonly ScoredTensor[]) => keepAbove(tensors, rule);
  const stored = typeof given !== 'function' || given.stored === true;
  return describedAs({ kind: 'threshold', threshold: given }, Object.assign(allocate, { stored }));
}

/** The choice of a structure that fixes its own share, as an allocation. */
function fixedAllocation(options: PruneOptions, structure: Structure): Allocation | undefined {
  if (structure.prunes !== 'weights' || !structure.choose) return undefined;
  const { choose, kind } = structure;
  if (options.sparsity !== undefined) throw contradiction('sparsity', kind);
  if (options.threshold !== undefined) throw contradiction('threshold', kind);
  if (options.allocation !== undefined) throw contradiction('an allocation', kind);
  const allocate = (tensors: readonly ScoredTensor[]) => tensors.map(({ keys }) => choose(keys));
  return describedAs(
    { kind: 'choice', of: structure },
    Object.assign(allocate, { withinTensors: true, byShape: true }),
  );
}

/** What splits the pruning among layers: a threshold, the structure, or an allocation. Throws OptionError. */
export function allocationFor(options: PruneOptions, criterion: Criterion, structure: Structure): Allocation {
  const fixed = fixedAllocation(options, structure);
  if (fixed) return fixed;
  if (options.threshold !== undefined) return thresholdAllocation(options);
  const preferred = criterion.defaults?.allocation as AllocationName | undefined;
  return resolveAllocation('prune', options.allocation ?? preferred);
}

/** The share of zeros in the end, by the user or by an axis that decides it; null when a threshold does. Throws OptionError. */
export function targetSparsity(
  model: Resizable,
  options: PruneOptions,
  axes: PruningAxes<Structure>,
): number | null {
  const { allocation, structure, layers } = axes;
  if (structure.prunes === 'weights' && structure.share !== undefined) return structure.share;
  if (options.threshold !== undefined) return null;
  if (!allocation.target) {
    if (options.sparsity === undefined) {
      throw new OptionError('prune: sparsity or threshold must be given, got neither');
    }
    return expectNumber('prune', 'sparsity', options.sparsity, 0, 1);
  }
  if (options.sparsity !== undefined) {
    throw new OptionError(
      `prune: sparsity must be left out where the allocation decides it, got ${show(options.sparsity)}`,
    );
  }
  if (structure.prunes !== 'weights') {
    throw new OptionError(
      `prune: allocation must take a sparsity for ${structure.kind}s, got one that decides it`,
    );
  }
  return allocation.target(
    chosenWeights(model, layers).map(({ parameter }) => {
      const { rows, cols, of } = structure.groups(parameter);
      return { name: parameter.name, shape: of ? [rows, cols] : parameter.shape, length: rows * cols };
    }),
  );
}
