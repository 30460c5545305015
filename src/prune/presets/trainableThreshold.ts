/** Dynamic sparse training with trainable thresholds: how sparse each layer gets is learned. */
import { expectNumber, expectOptions } from '../../options.js';
import { type Schedule, toSchedule } from '../../schedules/index.js';
import type { TrainingPruning } from '../../train/pruning.js';
import type { Trainable } from '../../train/trainable.js';
import { type ShadowRule, shadowProcess } from '../methods/process.js';
import { type ShadowedWeight, Shadows } from '../methods/shadows.js';
import { expectSingleWeights } from '../methods/storage.js';

/** Options of trainableThreshold(). */
export interface TrainableThresholdOptions {
  /** Strength of the penalty alpha sum(e^-t) that lifts thresholds: more is sparser; 5e-4 by default. */
  readonly alpha?: number;
  /** Of the thresholds, by the step of the fit; a number or a schedule, 0.3 by default. */
  readonly learningRate?: number | Schedule;
  /** Share of the fit after which masks stay as they are, and weights train in their storage; 0.75 by default. */
  readonly until?: number;
}

/** A layer that is sparser than this begins anew with thresholds of zero: the paper's guard against collapse. */
const MOST = 0.99;

interface Plan {
  readonly alpha: number;
  readonly rate: Schedule;
  /** The step whose masks are the last. */
  readonly last: number;
}

/** State of a weight: thresholds [rows], and their gradient. */
function thresholdRule(model: Trainable, shadows: Shadows, { alpha, rate, last }: Plan): ShadowRule {
  const { kernels, engine } = model;
  const remask = (weight: ShadowedWeight) => {
    const { parameter, shadow, state } = weight;
    const { rows, cols, length } = parameter;
    const t = state[0]!.address;
    shadows.remask(weight, (mask) => {
      kernels.threshold_mask_f32(mask, shadow.address, t, rows, cols);
      if (kernels.mask_count(mask, length) >= (1 - MOST) * length) return;
      state[0]!.f32(rows).fill(0);
      kernels.threshold_mask_f32(mask, shadow.address, t, rows, cols);
    });
  };
  const move = ({ parameter, state }: ShadowedWeight, step: number) => {
    const [t, dt] = [state[0]!.address, state[1]!.address];
    kernels.sgd_f32(t, dt, 0, parameter.rows, rate(step), 0, 0, 0);
    engine.kernels.relu_f32(t, t, parameter.rows);
  };
  return {
    moves: true,
    observe: () => (pass) => {
      const { parameter, shadow, state } = shadows.weights.find(({ index }) => index === pass.index)!;
      const { rows, cols } = parameter;
      const [t, dt] = [state[0]!.address, state[1]!.address];
      kernels.threshold_grad_f32(pass.gradients[0]!, dt, shadow.address, t, rows, cols, alpha);
    },
    updated(step) {
      for (const weight of shadows.weights) {
        move(weight, step);
        remask(weight);
      }
      shadows.apply();
      return step >= last;
    },
    finite: () =>
      shadows.weights.every(
        ({ state, parameter }) => kernels.count_nonfinite_f32(state[0]!.address, parameter.rows) === 0,
      ),
    restored() {
      for (const { state, parameter } of shadows.weights) state[0]!.f32(parameter.rows).fill(0);
    },
  };
}

/**
 * Trainable thresholds, as "dynamic sparse training": every row of a weight has a threshold t >= 0 and computes with its
 * weights |w| > t. Thresholds learn with the weights, by a long-tailed derivative of the step (2 - 4|q| up to 0.4, then 0.4
 * up to 1, q = |w| - t), and a penalty alpha sum(e^-t) lifts them. All weights go on learning; what comes back over its threshold has
 * empty moments. How sparse it gets is found, not asked: `alpha`, `learningRate` and the length of the fit decide; see
 * `history.sparsity`. The loss that fit reports is without the penalty. Thresholds begin at zero, and a layer beyond 99 % zeros
 * begins anew. Liu et al. 2020, arXiv:2005.06870.
 */
export function trainableThreshold(options: TrainableThresholdOptions = {}): TrainingPruning {
  const kind = 'trainableThreshold';
  expectOptions(kind, options, ['alpha', 'learningRate', 'until']);
  const alpha = expectNumber(kind, 'alpha', options.alpha ?? 5e-4, 0);
  const rate = toSchedule(`${kind}: learningRate`, options.learningRate ?? 0.3);
  const until = expectNumber(kind, 'until', options.until ?? 0.75, 0, 1);
  return Object.freeze({
    kind,
    options: { alpha, learningRate: rate, until },
    start(model, run) {
      expectSingleWeights(kind, model);
      const shadows = new Shadows(model, run, ({ rows }) => [rows * 4, rows * 4]);
      const last = Math.min(Math.floor(until * run.steps), run.steps - 1);
      return shadowProcess(model, shadows, thresholdRule(model, shadows, { alpha, rate, last }));
    },
  } satisfies TrainingPruning);
}
