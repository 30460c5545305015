/** L0 regularization: gates in front of the inputs of every layer learn which of them it needs. */
import { expectNumber, expectOptions } from '../../options.js';
import { type Schedule, toSchedule } from '../../schedules/index.js';
import type { TrainingPruning } from '../../train/pruning.js';
import type { Trainable } from '../../train/trainable.js';
import { Gates, gateBytes } from '../methods/gates.js';
import { shadowProcess } from '../methods/process.js';
import { Shadows } from '../methods/shadows.js';

/** Options of l0(). */
export interface L0Options {
  /** Weight of the expected share of live weights in the loss: more is sparser; 0.5 by default. */
  readonly lambda?: number;
  /** Of the gates' log alpha, which Adam trains, by the step of the fit; a number or a schedule, 0.01 by default. */
  readonly learningRate?: number | Schedule;
  /** 1 - sigmoid(log alpha) at first, 0 to 1 without the ends: 0.5 by default. */
  readonly dropRate?: number;
  /** Share of the fit after which gates are folded into the weights, which train on without noise; 0.75 by default. */
  readonly until?: number;
}

/** log(1 - p) - log p, by the engine's own logarithm. */
function logAlphaOf({ engine, kernels }: Trainable, dropRate: number): number {
  const block = engine.memory.allocate(4);
  block.f32(1)[0] = 1 - dropRate;
  kernels.logit_f32(block.address, block.address, 1);
  const [value] = block.f32(1);
  block.free();
  return value!;
}

/**
 * L0 regularization with hard-concrete gates: every input of every layer (of a convolution: every place in its windows, for all
 * filters) is multiplied by a gate z in [0, 1], which is sampled anew in each step, z = min(max(1.2 s - 0.1, 0), 1), s = sigmoid((logit(u) + log alpha) / (2/3)), and the loss grows by lambda times the
 * expected share of live weights. Outside of a step gates stand at s = sigmoid(log alpha): validation, files and the end of
 * the fit see the weights with their gates folded in, and whole columns pruned whose gate is 0. How sparse it gets is found, not asked; the
 * loss that fit reports is without the penalty. What was pruned before the fit stays so. Every fit with l0() begins with new gates, all
 * 1.2 (1 - dropRate) - 0.1 open: from its first step on the network computes with that share of each weight (half, by default), from which
 * a trained model has to recover. To train on without that, fit without l0(). Louizos, Welling & Kingma 2018,
 * arXiv:1712.01312; the paper's 0.1 a weight over 60,000 samples is 0.44 for LeNet-300-100.
 */
export function l0(options: L0Options = {}): TrainingPruning {
  expectOptions('l0', options, ['lambda', 'learningRate', 'dropRate', 'until']);
  const lambda = expectNumber('l0', 'lambda', options.lambda ?? 0.5, 0);
  const learningRate = toSchedule('l0: learningRate', options.learningRate ?? 0.01);
  const dropRate = expectNumber('l0', 'dropRate', options.dropRate ?? 0.5, 1e-4, 1 - 1e-4);
  const until = expectNumber('l0', 'until', options.until ?? 0.75, 0, 1);
  return Object.freeze({
    kind: 'l0',
    options: { lambda, learningRate, dropRate, until },
    start(model, run) {
      const start = logAlphaOf(model, dropRate);
      const last = Math.min(Math.floor(until * run.steps), run.steps - 1);
      const shadows = new Shadows(model, run, gateBytes);
      return shadowProcess(model, shadows, new Gates(model, shadows, { lambda, learningRate, start, last }));
    },
  } satisfies TrainingPruning);
}
