import { OptionError } from '../../errors.js';
import { expectBoolean, expectNumber, expectOptions } from '../../options.js';
import { type Schedule, toSchedule } from '../../schedules/index.js';
import type { Optimizer } from './optimizer.js';

/** Options of sgd(). */
export interface SgdOptions {
  /** 0.01 by default; a number or a schedule. */
  readonly learningRate?: number | Schedule;
  /** In [0, 1], 0 by default. */
  readonly momentum?: number;
  readonly nesterov?: boolean;
  /** L2 penalty on weights (not on biases), 0 by default. */
  readonly weightDecay?: number;
}

/**
 * Stochastic gradient descent: g' = g + weightDecay w; v = momentum v + g';
 * w -= learningRate v, or learningRate (g' + momentum v) with `nesterov`. Sutskever et al. 2013.
 */
export function sgd(options: SgdOptions = {}): Optimizer {
  expectOptions('sgd', options, ['learningRate', 'momentum', 'nesterov', 'weightDecay']);
  const momentum = expectNumber('sgd', 'momentum', options.momentum ?? 0, 0, 1);
  const nesterov = expectBoolean('sgd', 'nesterov', options.nesterov ?? false);
  const weightDecay = expectNumber('sgd', 'weightDecay', options.weightDecay ?? 0, 0);
  if (nesterov && momentum === 0) throw new OptionError('sgd: nesterov must come with momentum > 0, got 0');
  return Object.freeze({
    kind: 'sgd',
    options: { momentum, nesterov, weightDecay },
    learningRate: toSchedule('sgd: learningRate', options.learningRate ?? 0.01),
    slots: momentum > 0 ? 1 : 0,
    update({ kernels, w, g, slots, n, learningRate, decays }) {
      kernels.sgd_f32(
        w,
        g,
        slots[0] ?? 0,
        n,
        learningRate,
        momentum,
        nesterov ? 1 : 0,
        decays ? weightDecay : 0,
      );
    },
  } satisfies Optimizer);
}
