/** Pruning little by little while a model trains, for `fit({ pruning })`. */
import { OptionError } from '../../errors.js';
import { expectBoolean, expectInteger, expectNumber, expectOneOf, expectOptions } from '../../options.js';
import { cubic, linear } from '../../schedules/index.js';
import type { TrainingPruning } from '../../train/pruning.js';
import { sparsityOf } from '../../train/trainable.js';
import type { Allocation, AllocationName } from '../allocations/index.js';
import { resolveAllocation, resolveCriterion } from '../axes.js';
import type { Criterion, CriterionName } from '../criteria/index.js';
import { applyPruning } from '../mask.js';

/** Options of gradual(). */
export interface GradualOptions {
  /** Share of zeros over the prunable weights in the end, 0 to 1. */
  readonly sparsity: number;
  /** `'cubic'` (default) prunes fast at first and ever slower, `'linear'` the same number each time. */
  readonly curve?: 'cubic' | 'linear';
  /** Shares of the fit between which it prunes: 0 and 0.75 by default; the rest is for recovery. */
  readonly begin?: number;
  readonly until?: number;
  /** Steps from one pruning to the next, 100 by default. */
  readonly every?: number;
  /** As for prune(). */
  readonly criterion?: Criterion | CriterionName;
  readonly allocation?: Allocation | AllocationName;
  readonly guard?: boolean;
}

const names = ['sparsity', 'curve', 'begin', 'until', 'every', 'criterion', 'allocation', 'guard'];

/**
 * Gradual pruning: sparsity rises from what it is to `sparsity` along a curve, weights that go are chosen anew every `every`
 * steps, and the step of a pruning changes no weight otherwise. Zhu & Gupta 2017, arXiv:1710.01878. Throws OptionError,
 * before anything changes, for a sparsity below what is pruned already.
 */
export function gradual(options: GradualOptions): TrainingPruning {
  expectOptions('gradual', options, names);
  const sparsity = expectNumber('gradual', 'sparsity', options.sparsity, 0, 1);
  const curve = expectOneOf('gradual', 'curve', options.curve ?? 'cubic', ['cubic', 'linear'] as const);
  const begin = expectNumber('gradual', 'begin', options.begin ?? 0, 0, 1);
  const until = expectNumber('gradual', 'until', options.until ?? 0.75, begin, 1);
  const every = expectInteger('gradual', 'every', options.every ?? 100);
  const criterion = resolveCriterion('gradual', options.criterion);
  const allocation = resolveAllocation('gradual', options.allocation);
  const guard = expectBoolean('gradual', 'guard', options.guard ?? true);
  if (allocation.target) {
    throw new OptionError('gradual: allocation must take the sparsity as given, got one that decides it');
  }
  return Object.freeze({
    kind: 'gradual',
    start(model, run) {
      const now = sparsityOf(model.parameters);
      if (sparsity < now) {
        throw new OptionError(
          `gradual: sparsity must be at least ${now}, what is pruned already, got ${sparsity}`,
        );
      }
      const first = Math.min(Math.floor(begin * run.steps), run.steps - 1);
      const last = Math.min(Math.max(first, Math.floor(until * run.steps)), run.steps - 1);
      const make = curve === 'cubic' ? cubic : linear;
      const at = make({ start: now, end: sparsity, steps: Math.max(1, last - first), begin: first });
      return {
        observe: () => undefined,
        rewire(step) {
          const due = step === last || (step >= first && step < last && (step - first) % every === 0);
          if (!due) return false;
          const share = step === last ? sparsity : at(step);
          if (share <= sparsityOf(model.parameters)) return false;
          applyPruning(model, { criterion, allocation, guard }, share, step);
          return true;
        },
      };
    },
  } satisfies TrainingPruning);
}
