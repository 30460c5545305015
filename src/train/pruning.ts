/** How pruning joins training: fit() knows this much of it and no more. */
import type { Trainable } from './trainable.js';
import type { WeightPass } from './trainer.js';

/** The fit that a method takes part in. */
export interface PruningRun {
  /** Steps in all. */
  readonly steps: number;
  readonly stepsPerEpoch: number;
}

/** A method that changes which weights are live while fit() trains them. */
export interface TrainingPruning {
  readonly kind: string;
  /** Throws OptionError, before anything changes, for a model that it cannot work with. */
  start(model: Trainable, run: PruningRun): PruningProcess;
}

/** One fit with such a method; steps count from 0. */
export interface PruningProcess {
  /** Before the backward pass of a step: what is returned sees every weight in that pass, last layer first. */
  observe(step: number): ((pass: WeightPass) => void) | undefined;
  /** After that pass: true when structures have changed, so that the optimizer must leave this step out. */
  rewire(step: number): boolean;
}
