/** Pruning little by little while a model trains, for `fit({ pruning })`. */
import { describedAs, sampledBy } from '../../described.js';
import { OptionError } from '../../errors.js';
import {
  expectBoolean,
  expectInteger,
  expectNumber,
  expectOneOf,
  expectOptions,
  show,
} from '../../options.js';
import { cubic, linear, type Schedule } from '../../schedules/index.js';
import type { TrainingPruning } from '../../train/pruning.js';
import type { Allocation, AllocationName } from '../allocations/index.js';
import { resolveAllocation, resolveCriterion, resolveStructure } from '../axes.js';
import {
  type CalibrationOptions,
  calibrationTold,
  checkCalibration,
  needsData,
  study,
} from '../calibration.js';
import { census, shareGone } from '../census.js';
import type { Criterion, CriterionName } from '../criteria/index.js';
import { applyPruning, chosenWeights } from '../mask.js';
import type { GroupNumbers, WeightStructure } from '../structures/index.js';

/** Options of gradual(). */
export interface GradualOptions extends CalibrationOptions {
  /** Share of zeros over the prunable weights in the end, 0 to 1; for blocks the share of those. */
  readonly sparsity: number;
  /**
   * `'cubic'` (default) prunes fast at first and ever slower, `'linear'` the same number each time; or a function from the
   * progress, 0 to 1, to the share of the way that is done by then, 0 to 1.
   */
  readonly curve?: 'cubic' | 'linear' | ((progress: number) => number);
  /** Shares of the fit between which it prunes: 0 and 0.75 by default; the rest is for recovery. */
  readonly begin?: number;
  readonly until?: number;
  /** Steps from one pruning to the next, 100 by default. */
  readonly every?: number;
  /** As for prune(). */
  readonly criterion?: Criterion | CriterionName;
  readonly allocation?: Allocation | AllocationName;
  /** Single weights by default, or block(4, 1) and the like. */
  readonly structure?: 'weight' | WeightStructure | GroupNumbers;
  readonly layers?: readonly string[];
  readonly guard?: boolean;
}

const names = [
  'sparsity',
  'curve',
  'begin',
  'until',
  'every',
  'criterion',
  'allocation',
  'structure',
  'layers',
  'guard',
  'data',
  'batchSize',
  'loss',
  'onProgress',
  'signal',
];

/** Throws OptionError for axes that cannot take part while fit() trains. */
function checkAxes(options: GradualOptions) {
  const criterion = resolveCriterion('gradual', options.criterion);
  if (criterion.layerwise) {
    throw new OptionError(
      'gradual: criterion must rank all layers at once, got one that works layer by layer; use prune() in rounds for it',
    );
  }
  const allocation = resolveAllocation('gradual', options.allocation);
  if (allocation.target) {
    throw new OptionError('gradual: allocation must take the sparsity as given, got one that decides it');
  }
  const structure = resolveStructure('gradual', options.structure);
  if (structure.prunes !== 'weights' || structure.share !== undefined || criterion.scores === 'units') {
    throw new OptionError(
      `gradual: structure must be 'weight' or blocks, got ${structure.kind}; use prune() in rounds for others`,
    );
  }
  const guard = expectBoolean('gradual', 'guard', options.guard ?? true);
  return { criterion, allocation, structure, guard, layers: options.layers };
}

/** Sparsity by step, between two steps. */
type Curve = (from: number, to: number, begin: number, steps: number) => Schedule;

function curveOf(given: NonNullable<GradualOptions['curve']>): Curve {
  if (typeof given === 'function') {
    const curve: Curve = (from, to, begin, steps) => (step) => {
      const done = given(Math.min(1, Math.max(0, (step - begin) / steps)));
      return from + (to - from) * expectNumber('gradual', 'what curve returns', done, 0, 1);
    };
    return describedAs({ progress: sampledBy('share', given) }, curve);
  }
  const name = expectOneOf('gradual', 'curve', given, ['cubic', 'linear'] as const);
  const make = name === 'cubic' ? cubic : linear;
  return describedAs(name, (start, end, begin, steps) => make({ start, end, steps, begin }));
}

/**
 * Gradual pruning: sparsity rises from what it is to `sparsity` along a curve, and every `every` steps more weights are chosen
 * to go. Zhu & Gupta 2017, arXiv:1710.01878. Throws OptionError,
 * before anything changes, for a sparsity below what is pruned already.
 *
 * @example
 * ```ts
 * import { dense, gradual, relu, sequential } from 'espalier';
 * import { syntheticDigits } from 'espalier/datasets';
 *
 * const { images, labels } = syntheticDigits({ samples: 500, shape: [784] });
 * const model = await sequential({ inputShape: [784], seed: 7 }, [dense(32), relu(), dense(10)]);
 * await model.fit(images, labels, { epochs: 4, pruning: gradual({ sparsity: 0.9, every: 10, begin: 0.25 }) });
 * console.log(model.summary().sparsity); // 0.9
 * ```
 */
export function gradual(options: GradualOptions): TrainingPruning {
  expectOptions('gradual', options, names);
  const sparsity = expectNumber('gradual', 'sparsity', options.sparsity, 0, 1);
  const curve = curveOf(options.curve ?? 'cubic');
  const begin = expectNumber('gradual', 'begin', options.begin ?? 0, 0, 1);
  const until = expectNumber('gradual', 'until', options.until ?? 0.75, begin, 1);
  const every = expectInteger('gradual', 'every', options.every ?? 100);
  const axes = checkAxes(options);
  return Object.freeze({
    kind: 'gradual',
    options: { sparsity, curve, begin, until, every, ...axes, ...calibrationTold('gradual', options) },
    start(model, run) {
      const weights = chosenWeights(model, axes.layers);
      if (weights.length < (axes.layers?.length ?? 1)) {
        throw new OptionError(`gradual: layers must name layers with weights, got ${show(axes.layers)}`);
      }
      const calibration = checkCalibration('gradual', model, options, undefined, needsData(axes.criterion));
      const share = () => shareGone(census(weights, axes.structure));
      const now = share();
      if (sparsity < now) {
        throw new OptionError(
          `gradual: sparsity must be at least ${now}, what is pruned already, got ${sparsity}`,
        );
      }
      const first = Math.min(Math.floor(begin * run.steps), run.steps - 1);
      const last = Math.min(Math.max(first, Math.floor(until * run.steps)), run.steps - 1);
      const at = curve(now, sparsity, first, Math.max(1, last - first));
      const pruneTo = async (asked: number, step: number) => {
        const seed = model.seed + step;
        const statistics = await study(model, axes.criterion.needs ?? [], calibration, `step ${step}`);
        await applyPruning(model, axes, asked, { ...calibration.reporting, statistics, seed });
      };
      return {
        beforeStep(step) {
          const due = step === last || (step >= first && step < last && (step - first) % every === 0);
          const asked = step === last ? sparsity : at(step);
          return due && asked > share() ? pruneTo(asked, step) : undefined;
        },
        observe: () => undefined,
        rewire: () => false,
        state: () => null,
        restore() {},
      };
    },
  } satisfies TrainingPruning);
}
