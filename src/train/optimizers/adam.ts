import { expectNumber, expectOptions } from '../../options.js';
import { type Schedule, toSchedule } from '../../schedules/index.js';
import { type Optimizer, power } from './optimizer.js';

/** Options of adam() and adamw(). */
export interface AdamOptions {
  /** 0.001 by default; a number or a schedule. */
  readonly learningRate?: number | Schedule;
  /** Decay of the first moment, 0.9 by default. */
  readonly beta1?: number;
  /** Decay of the second moment, 0.999 by default. */
  readonly beta2?: number;
  /** Added to the root of the second moment, 1e-8 by default. */
  readonly epsilon?: number;
  /** On weights, not on biases: an L2 penalty in adam (0 by default), decoupled in adamw (0.01 by default). */
  readonly weightDecay?: number;
}

function build(kind: 'adam' | 'adamw', options: AdamOptions): Optimizer {
  expectOptions(kind, options, ['learningRate', 'beta1', 'beta2', 'epsilon', 'weightDecay']);
  const beta1 = expectNumber(kind, 'beta1', options.beta1 ?? 0.9, 0, 0.999999);
  const beta2 = expectNumber(kind, 'beta2', options.beta2 ?? 0.999, 0, 0.999999);
  const epsilon = expectNumber(kind, 'epsilon', options.epsilon ?? 1e-8, 1e-30);
  const decoupled = kind === 'adamw';
  const weightDecay = expectNumber(kind, 'weightDecay', options.weightDecay ?? (decoupled ? 0.01 : 0), 0);
  return Object.freeze({
    kind,
    options: { beta1, beta2, epsilon, weightDecay },
    learningRate: toSchedule(`${kind}: learningRate`, options.learningRate ?? 0.001),
    slots: 2,
    update({ kernels, w, g, slots, n, step, learningRate, decays }) {
      const rate = learningRate / (1 - power(beta1, step + 1));
      const root = 1 / Math.sqrt(1 - power(beta2, step + 1));
      const decay = decays ? weightDecay : 0;
      const l2 = decoupled ? 0 : decay;
      const shrink = decoupled ? learningRate * decay : 0;
      kernels.adam_f32(w, g, slots[0]!, slots[1]!, n, rate, beta1, beta2, epsilon, root, l2, shrink);
    },
  } satisfies Optimizer);
}

/** Adam. Kingma & Ba 2014, arXiv:1412.6980, algorithm 1. */
export function adam(options: AdamOptions = {}): Optimizer {
  return build('adam', options);
}

/** Adam with decoupled weight decay: w -= learningRate weightDecay w. Loshchilov & Hutter 2017, arXiv:1711.05101. */
export function adamw(options: AdamOptions = {}): Optimizer {
  return build('adamw', options);
}
