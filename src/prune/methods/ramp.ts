/** When a method prunes within a fit, and how far. */
import { describedAs } from '../../described.js';
import { OptionError } from '../../errors.js';
import { expectInteger, expectNumber, expectOneOf } from '../../options.js';
import { cubic, linear, type Schedule } from '../../schedules/index.js';
import type { PruningRun } from '../../train/pruning.js';
import type { Allocation, AllocationName } from '../allocations/index.js';
import { resolveAllocation } from '../axes.js';

/** Options of methods that update their masks again and again within a fit. */
export interface PeriodOptions {
  /** Shares of the fit between which masks change; the rest is for recovery. The defaults are those of the method. */
  readonly begin?: number;
  readonly until?: number;
  /** Steps from one update of the masks to the next; the default is that of the method. */
  readonly every?: number;
}

/** Options of methods that reach a share of zeros along a curve. */
export interface RampOptions extends PeriodOptions {
  /** Share of zeros over the prunable weights in the end, 0 to 1; reached to one weight. */
  readonly sparsity: number;
  /** `'cubic'` (default) prunes fast at first and ever slower, `'linear'` the same number each time. */
  readonly curve?: 'cubic' | 'linear';
  /** How much from which tensor: `'global'` by default. */
  readonly allocation?: Allocation | AllocationName;
}

/** Steps of one fit at which masks change. */
export interface Period {
  readonly first: number;
  readonly last: number;
  due(step: number): boolean;
}

/** Checks the options of a period; gives its steps in a fit. */
export function period(
  where: string,
  options: PeriodOptions,
  defaults: Required<PeriodOptions>,
): (run: PruningRun) => Period {
  const begin = expectNumber(where, 'begin', options.begin ?? defaults.begin, 0, 1);
  const until = expectNumber(where, 'until', options.until ?? Math.max(begin, defaults.until), begin, 1);
  const every = expectInteger(where, 'every', options.every ?? defaults.every);
  return describedAs({ begin, until, every }, ({ steps }) => {
    const first = Math.min(Math.floor(begin * steps), steps - 1);
    const last = Math.min(Math.max(first, Math.floor(until * steps)), steps - 1);
    const due = (step: number) =>
      step === last || (step >= first && step < last && (step - first) % every === 0);
    return { first, last, due };
  });
}

/** Checks curve and sparsity; gives the share of zeros by the step, from what is pruned `now`; exact at the last. */
export function ramp(
  where: string,
  options: Pick<RampOptions, 'sparsity' | 'curve'>,
): (now: number, period: Period) => Schedule {
  const sparsity = expectNumber(where, 'sparsity', options.sparsity, 0, 1);
  const curve = expectOneOf(where, 'curve', options.curve ?? 'cubic', ['cubic', 'linear'] as const);
  const make = curve === 'cubic' ? cubic : linear;
  return describedAs({ sparsity, curve }, (now, { first, last }) => {
    const at = make({ start: now, end: sparsity, steps: Math.max(1, last - first), begin: first });
    return (step) => (step >= last ? sparsity : at(step));
  });
}

/** An allocation that takes the sparsity as given. */
export function expectAllocation(where: string, given: Allocation | AllocationName | undefined): Allocation {
  const allocation = resolveAllocation(where, given);
  if (!allocation.target) return allocation;
  throw new OptionError(`${where}: allocation must take the sparsity as given, got one that decides it`);
}
