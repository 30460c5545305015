/** Named methods of dynamic sparse training, for `fit({ pruning })`. */
import { expectInteger, expectNumber, expectOneOf, expectOptions } from '../../options.js';
import { cosine } from '../../schedules/index.js';
import type { PruningRun, TrainingPruning } from '../../train/pruning.js';
import { dynamicPruning } from '../dynamic.js';
import { customRegrowth, type RegrowthName, type RegrowthScores, regrowths } from '../regrowth/index.js';

/** Options of set(), rigl() and dynamic(). */
export interface DynamicOptions {
  /** Steps from one update to the next, or `'epoch'`. */
  readonly every?: number | 'epoch';
  /** Share of the live connections that is replaced at an update, 0 to 1; 0.3 by default. */
  readonly fraction?: number;
  /** Share of the fit after which connections stay as they are, 0 to 1. */
  readonly until?: number;
  /** `'cosine'` lets the fraction fall to zero at `until`, `'constant'` keeps it. */
  readonly anneal?: 'cosine' | 'constant';
}

/** Options of dynamic(). */
export interface DynamicRules extends DynamicOptions {
  /**
   * Which connections come: `'random'`, `'gradient'` for those whose loss falls fastest (default), or a function that scores
   * the absent ones.
   */
  readonly regrow?: RegrowthName | RegrowthScores;
}

const names = ['every', 'fraction', 'until', 'anneal'];

function build(
  kind: string,
  options: DynamicRules,
  bySign: boolean,
  defaults: Required<DynamicRules>,
): TrainingPruning {
  const { every: given, regrow, anneal } = { ...defaults, ...options };
  const every = given === 'epoch' ? given : expectInteger(kind, 'every', given);
  const fraction = expectNumber(kind, 'fraction', options.fraction ?? defaults.fraction, 0, 1);
  const until = expectNumber(kind, 'until', options.until ?? defaults.until, 0, 1);
  const names = Object.keys(regrowths) as RegrowthName[];
  const regrowth =
    typeof regrow === 'function'
      ? customRegrowth(regrow)
      : regrowths[expectOneOf(kind, 'regrow', regrow, names)];
  const falls = expectOneOf(kind, 'anneal', anneal, ['cosine', 'constant'] as const) === 'cosine';
  const last = (run: PruningRun) => Math.floor(until * run.steps);
  return dynamicPruning({
    kind,
    options: { every, fraction, until, anneal, regrow },
    updates: (run) => {
      const [period, end] = [every === 'epoch' ? run.stepsPerEpoch : every, last(run)];
      return (step) => step > 0 && step % period === 0 && step < end;
    },
    fraction: (run) => (falls ? cosine({ start: fraction, steps: Math.max(1, last(run)) }) : () => fraction),
    bySign,
    regrowth,
  });
}

/**
 * Sparse evolutionary training: after every epoch the 30 % of the connections closest to zero (of the positive and of
 * the negative ones each) give way to as many random ones. Mocanu et al. 2018, arXiv:1707.04780; new connections begin at
 * zero here, and the step at which connections move updates no weight. `{ every: 200, until: 0.9, anneal: 'cosine' }` ends with better networks, as nothing new comes last. Throws OptionError when the model has no absent connections.
 */
export function set(options: DynamicOptions = {}): TrainingPruning {
  expectOptions('set', options, names);
  const defaults = { every: 'epoch', fraction: 0.3, until: 1, regrow: 'random', anneal: 'constant' } as const;
  return build('set', options, true, defaults);
}

/**
 * RigL: every 100 steps, up to three quarters of the fit, the smallest connections give way to those absent ones whose
 * gradient is largest; 30 % at first, falling along half a cosine. New connections begin at zero with empty moments, and
 * the step of an update changes no weight. Evci et al. 2020, arXiv:1911.11134. Throws OptionError when the model has no
 * absent connections.
 */
export function rigl(options: DynamicOptions = {}): TrainingPruning {
  expectOptions('rigl', options, names);
  const defaults = { every: 100, fraction: 0.3, until: 0.75, regrow: 'gradient', anneal: 'cosine' } as const;
  return build('rigl', options, false, defaults);
}

/** Dynamic sparse training with rules of one's own; by default those of rigl(). */
export function dynamic(options: DynamicRules = {}): TrainingPruning {
  expectOptions('dynamic', options, [...names, 'regrow']);
  const defaults = { every: 100, fraction: 0.3, until: 0.75, regrow: 'gradient', anneal: 'cosine' } as const;
  return build('dynamic', options, false, defaults);
}
