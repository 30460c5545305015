/** Gradual pruning that lets better connections grow in the place of the weakest that are left. */
import { OptionError } from '../../errors.js';
import { expectInteger, expectNumber, expectOneOf, expectOptions } from '../../options.js';
import { cosine } from '../../schedules/index.js';
import type { PruningRun, TrainingPruning } from '../../train/pruning.js';
import { formatFor } from '../../train/storage.js';
import { sparsityOf, type Trainable } from '../../train/trainable.js';
import type { Allocation } from '../allocations/index.js';
import { dynamicPruning } from '../dynamic.js';
import { expectAllocation, period, type RampOptions, ramp } from '../methods/ramp.js';
import { rankedMasks } from '../methods/ranking.js';
import { expectSingleWeights } from '../methods/storage.js';
import { customRegrowth, type RegrowthName, type RegrowthScores, regrowths } from '../regrowth/index.js';
import { weightsOf } from '../score.js';

/** Options of granet(). */
export interface GranetOptions extends RampOptions {
  /** Share of the connections of each weight that is replaced at an update, 0 to 1; 0.3 by default. */
  readonly fraction?: number;
  /** Share of the fit after which no connection moves, at least `until`; 0.8 by default. The fraction falls to zero along half a cosine. */
  readonly regrowUntil?: number;
  /** Which connections come, as for dynamic(): `'gradient'` by default. */
  readonly regrow?: RegrowthName | RegrowthScores;
}

const kind = 'granet';
const names = [
  'sparsity',
  'curve',
  'begin',
  'until',
  'every',
  'allocation',
  'fraction',
  'regrowUntil',
  'regrow',
] as const;

/** Weights that each tensor keeps for a share of zeros over all: as many as the largest of them have there. */
function countsFor(model: Trainable, allocation: Allocation, sparsity: number): readonly number[] {
  const weights = weightsOf(model).map((parameter) => ({ parameter }));
  const sizes = ({ parameter }: (typeof weights)[number]) => parameter.read().map((value) => Math.abs(value));
  return rankedMasks(weights, sizes, allocation, sparsity).map((mask) =>
    mask.reduce((sum, kept) => sum + kept, 0),
  );
}

/** Moves weights to compressed rows where sparse storage trains faster; blocks too, as connections move one by one. */
function storeSingly(model: Trainable): void {
  for (const parameter of weightsOf(model)) {
    if (formatFor(parameter, model.storage) !== 'dense') parameter.convert('csr');
  }
}

function check(options: GranetOptions) {
  expectOptions(kind, options, names);
  const until = expectNumber(kind, 'until', options.until ?? 0.5, 0, 1);
  const rules = Object.keys(regrowths) as RegrowthName[];
  const regrow = options.regrow ?? 'gradient';
  return {
    sparsityAt: ramp(kind, options),
    steps: period(kind, options, { begin: 0, until, every: 100 }),
    every: expectInteger(kind, 'every', options.every ?? 100),
    allocation: expectAllocation(kind, options.allocation),
    regrow,
    fraction: expectNumber(kind, 'fraction', options.fraction ?? 0.3, 0, 1),
    regrowUntil: expectNumber(kind, 'regrowUntil', options.regrowUntil ?? Math.max(until, 0.8), until, 1),
    regrowth:
      typeof regrow === 'function'
        ? customRegrowth(regrow)
        : regrowths[expectOneOf(kind, 'regrow', regrow, rules)],
  };
}

/**
 * GraNet: sparsity rises from what it is to `sparsity` along a curve, reached to one weight at `until`. At every update the
 * smallest weights go, a `fraction` more of each layer than the curve asks for, and in place of these grow the absent
 * connections with the largest gradients, from zero; this goes on until `regrowUntil`. Units without connections get none,
 * so that the network condenses. Start from a dense model, or from one that is sparse already, which trains faster.
 * By default `begin` 0, `until` 0.5, `every` 100. Weights that are pruned may come back. The step of an update changes no weight otherwise. Liu et al. 2021,
 * arXiv:2106.10404. Throws OptionError, before anything changes, for a sparsity below what is pruned already.
 */
export function granet(options: GranetOptions): TrainingPruning {
  const { sparsityAt, steps, every, allocation, fraction, regrowUntil, regrow, regrowth } = check(options);
  const told = { ramp: sparsityAt, period: steps, allocation, fraction, regrowUntil, regrow };
  const { sparsity } = options;
  const end = (run: PruningRun) => Math.max(1, Math.floor(regrowUntil * run.steps));
  const method = dynamicPruning({
    kind,
    options: told,
    updates(run) {
      const [when, stop] = [steps(run), end(run)];
      const later = (step: number) => step > when.last && step < stop && (step - when.first) % every === 0;
      return (step) => step === when.last || (step > 0 && when.due(step)) || later(step);
    },
    fraction(run) {
      const share = cosine({ start: fraction, steps: end(run) });
      return (step) => (step < end(run) ? share(step) : 0);
    },
    counts(model, run) {
      const when = steps(run);
      const share = sparsityAt(sparsityOf(model.parameters), when);
      return (step) => (step > when.last ? undefined : countsFor(model, allocation, share(step)));
    },
    bySign: false,
    regrowth,
  });
  return Object.freeze({
    kind,
    options: told,
    start(model, run) {
      expectSingleWeights(kind, model);
      const now = sparsityOf(model.parameters);
      if (sparsity < now) {
        throw new OptionError(
          `${kind}: sparsity must be at least ${now}, what is pruned already, got ${sparsity}`,
        );
      }
      const process = method.start(model, run);
      storeSingly(model);
      return {
        get raw() {
          return process.raw === true;
        },
        observe: (step) => process.observe(step),
        rewire(step) {
          const moved = process.rewire(step);
          if (moved) storeSingly(model);
          return moved;
        },
        state: () => null,
        restore() {},
      };
    },
  } satisfies TrainingPruning);
}
