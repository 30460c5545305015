/** One step of training. */
import type { AugmentationProcess } from './augment/augmentation.js';
import type { Targets } from './data.js';
import type { Loss } from './losses/loss.js';
import { type Optimizer, rateAt } from './optimizers/optimizer.js';
import type { PruningProcess } from './pruning.js';
import type { Trainable } from './trainable.js';
import type { Trainer } from './trainer.js';

/** What a step works on. */
export interface StepJob {
  readonly model: Trainable;
  readonly trainer: Trainer;
  readonly x: Float32Array;
  readonly y: Targets;
  readonly loss: Loss;
  readonly optimizer: Optimizer;
  /** Changes the samples once they are copied. */
  readonly augment?: AugmentationProcess | undefined;
  /** Pruning that takes part, with the number of steps that it has seen. */
  readonly pruning?: { readonly process: PruningProcess; step: number } | undefined;
}

/**
 * One update from the samples in `order`; returns the sum of their losses and how many were right. No weight and no running
 * statistic moves when that sum is not finite, nor when it throws OptionError for a learning rate that is none.
 */
export function trainStep(job: StepJob, order: Uint32Array): { loss: number; correct: number } {
  const { model, trainer, x, y, loss, optimizer, augment } = job;
  const state = model.states.of(optimizer);
  const rate = rateAt(optimizer, state.step);
  const process = job.pruning?.process;
  const step = job.pruning?.step ?? 0;
  process?.prepare?.(step);
  trainer.batch.stage(x, order, augment && ((rows) => augment.apply(rows, order, model.clock.epochs)));
  trainer.batch.stageTargets(y, order);
  const outcome = trainer.loss(loss, trainer.forward(order.length, true), order.length);
  if (!Number.isFinite(outcome.loss)) return outcome;
  const observe = process?.observe(step);
  const gradients = trainer.backward(order.length, observe, { raw: process?.raw });
  process?.adjust?.(gradients.map(({ address }) => address));
  if (job.pruning) job.pruning.step++;
  const rewired = process?.rewire(step) ?? false;
  if (!rewired) trainer.update(optimizer, state, rate, process);
  process?.updated?.(step);
  trainer.commit(order.length);
  model.clock.steps++;
  return outcome;
}
