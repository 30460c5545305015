/** SR-STE: N:M sparsity that is learned from the first step on. */
import { OptionError } from '../../errors.js';
import { expectInteger, expectNumber, expectOptions } from '../../options.js';
import type { TrainingPruning } from '../../train/pruning.js';
import type { Trainable } from '../../train/trainable.js';
import { type ShadowRule, shadowProcess } from '../methods/process.js';
import { Shadows } from '../methods/shadows.js';
import { expectSingleWeights } from '../methods/storage.js';

/** Options of srSte(). */
export interface SrSteOptions {
  /** Weights that stay in every `m` consecutive inputs of an output: 1 to m. */
  readonly n: number;
  readonly m: number;
  /** How strongly pruned weights are drawn to zero, so that masks come to rest; 2e-4 by default. */
  readonly decay?: number;
  /** Share of the fit after which masks stay as they are, and weights train in their storage; 0.75 by default. */
  readonly until?: number;
}

interface Plan {
  readonly n: number;
  readonly m: number;
  readonly decay: number;
  readonly last: number;
}

function srSteRule({ kernels }: Trainable, shadows: Shadows, { n, m, decay, last }: Plan): ShadowRule {
  return {
    moves: true,
    observe: () => (pass) => {
      const weight = shadows.weights.find(({ index }) => index === pass.index)!;
      const { shadow, parameter } = weight;
      const g = pass.gradients[0]!;
      kernels.decay_pruned_f32(g, shadow.address, shadows.mask(weight), parameter.length, decay);
    },
    updated(step) {
      for (const weight of shadows.weights) {
        const { rows, cols } = weight.parameter;
        shadows.remask(weight, (mask) => {
          kernels.nm_mask_f32(mask, weight.shadow.address, rows, cols, n, m);
        });
      }
      shadows.apply();
      return step >= last;
    },
  };
}

/**
 * N:M sparsity by the sparse-refined straight-through estimator: in every run of m consecutive inputs of an output the n
 * largest weights compute, chosen anew in each step; all weights get the gradient of the effective ones, and pruned ones
 * decay (1 - mask) w on top. What comes back has empty moments. A last run that is shorter keeps up to n as well. Runs
 * in filters are those of nm().
 * What was pruned before the fit may come back. Zhou et al. 2021, arXiv:2102.04010.
 */
export function srSte(options: SrSteOptions): TrainingPruning {
  expectOptions('srSte', options, ['n', 'm', 'decay', 'until']);
  const n = expectInteger('srSte', 'n', options.n);
  const m = expectInteger('srSte', 'm', options.m);
  if (n > m) throw new OptionError(`srSte: n must be at most m, got ${n} of ${m}`);
  const decay = expectNumber('srSte', 'decay', options.decay ?? 2e-4, 0);
  const until = expectNumber('srSte', 'until', options.until ?? 0.75, 0, 1);
  return Object.freeze({
    kind: 'srSte',
    options: { n, m, decay, until },
    start(model, run) {
      expectSingleWeights('srSte', model);
      const last = Math.min(Math.floor(until * run.steps), run.steps - 1);
      const shadows = new Shadows(model, run);
      return shadowProcess(model, shadows, srSteRule(model, shadows, { n, m, decay, last }));
    },
  } satisfies TrainingPruning);
}
