/** Dynamic network surgery: connections are cut, and spliced back when they turn out to matter. */
import { describedAs } from '../../described.js';
import { OptionError } from '../../errors.js';
import { expectNumber, expectOptions, show } from '../../options.js';
import { deriveSeed, Random } from '../../tensor/random.js';
import { power as wholePower } from '../../train/optimizers/optimizer.js';
import type { TrainingPruning } from '../../train/pruning.js';
import { sparsityOf } from '../../train/trainable.js';
import { shadowProcess } from '../methods/process.js';
import { expectAllocation, period, type RampOptions, ramp } from '../methods/ramp.js';
import { Shadows } from '../methods/shadows.js';
import { targetSplice, thresholdSplice, thresholdsOf } from '../methods/splice.js';
import { expectSingleWeights } from '../methods/storage.js';

/** Options of dynamicNetworkSurgery(). */
export interface DynamicNetworkSurgeryOptions extends Partial<RampOptions> {
  /**
   * In place of `sparsity`: a weight is cut when it is small beside t = max(mean + c deviations, 0) of the sizes that the
   * nonzero weights of its layer have when surgery begins. One number, or one by the name of each layer that is pruned.
   */
  readonly c?: number | Readonly<Record<string, number>>;
  /** Nothing changes between (1 - band) t and (1 + band) t; 0.1 by default. */
  readonly band?: number;
  /** An update happens with probability (1 + gamma step)^-power; 1e-4 by default. */
  readonly gamma?: number;
  /** A whole number of halves; 1 by default. */
  readonly power?: number;
}

const kind = 'dynamicNetworkSurgery';
const names = [
  'sparsity',
  'curve',
  'begin',
  'until',
  'every',
  'allocation',
  'c',
  'band',
  'gamma',
  'power',
] as const;

/** (1 + gamma step)^-power by multiplications and a root: Math.pow differs between engines. */
function updateRate(gamma: number, power: number): (step: number) => number {
  return describedAs({ gamma, power }, (step) => {
    const base = 1 + gamma * step;
    const root = power % 1 === 0 ? 1 : Math.sqrt(base);
    return 1 / (wholePower(base, Math.floor(power)) * root);
  });
}

function checkThresholds(c: unknown): void {
  if (typeof c === 'number') expectNumber(kind, 'c', c);
  else if (typeof c !== 'object' || c === null || Array.isArray(c)) {
    throw new OptionError(`${kind}: c must be a number or an object such as { dense1: 2 }, got ${show(c)}`);
  } else for (const [name, value] of Object.entries(c)) expectNumber(kind, `c of ${name}`, value);
}

function check(options: DynamicNetworkSurgeryOptions) {
  expectOptions(kind, options, names);
  const { sparsity, c, curve } = options;
  if ((sparsity === undefined) === (c === undefined)) {
    const got = sparsity === undefined ? 'neither' : 'both';
    throw new OptionError(`${kind}: either sparsity or c must be given, got ${got}`);
  }
  if (c !== undefined) {
    checkThresholds(c);
    const idle = (['curve', 'allocation'] as const).find((name) => options[name] !== undefined);
    if (idle) throw new OptionError(`${kind}: ${idle} must come with sparsity, got it with c`);
  }
  const power = expectNumber(kind, 'power', options.power ?? 1, 0, 1000);
  if ((power * 2) % 1 !== 0)
    throw new OptionError(`${kind}: power must be a whole number of halves, got ${power}`);
  const gamma = expectNumber(kind, 'gamma', options.gamma ?? 1e-4, 0);
  return {
    c,
    band: expectNumber(kind, 'band', options.band ?? 0.1, 0, 1),
    rate: updateRate(gamma, power),
    allocation: expectAllocation(kind, options.allocation),
    steps: period(kind, options, { begin: 0, until: 0.75, every: 10 }),
    sparsityAt: sparsity === undefined ? null : ramp(kind, { sparsity, ...(curve && { curve }) }),
  };
}

/**
 * Dynamic network surgery: small weights are cut while the model trains, but go on learning behind their mask (their
 * gradient is that of the zero in their place), and are spliced back, with empty moments, when they grow large. Give `sparsity`
 * to reach it exactly (the threshold is chosen at every update), or `c` for fixed thresholds as in the paper, whose sparsity
 * is found. By default `begin` 0, `until` 0.75, `every` 10 (1 in the paper). After `until` masks are final, and weights train in their storage. What was pruned before the fit may
 * come back too. Guo, Yao & Chen 2016, arXiv:1608.04493.
 */
export function dynamicNetworkSurgery(options: DynamicNetworkSurgeryOptions): TrainingPruning {
  const { c, band, rate, allocation, steps, sparsityAt } = check(options);
  return Object.freeze({
    kind,
    options: { c, band, rate, allocation, period: steps, ramp: sparsityAt },
    start(model, run) {
      expectSingleWeights(kind, model);
      const when = steps(run);
      const thresholds = c === undefined ? null : thresholdsOf(model, c);
      const now = sparsityOf(model.parameters);
      const shadows = new Shadows(model, run);
      const splice = thresholds
        ? thresholdSplice(model, shadows, thresholds, band)
        : targetSplice(model, shadows, { allocation, sparsityAt: sparsityAt!(now, when) }, band);
      const drawn = (step: number) => {
        const random = new Random(deriveSeed(model.seed, 9, model.clock.steps));
        return random.next() < rate(step) * 2 ** 32;
      };
      return shadowProcess(model, shadows, {
        moves: true,
        updated(step) {
          if (when.due(step) && (step === when.last || drawn(step)) && shadows.finite()) splice.update(step);
          shadows.apply();
          return step >= when.last;
        },
        state: () => splice.state?.() ?? null,
        restore: (state) => splice.restore?.(state),
      });
    },
  } satisfies TrainingPruning);
}
