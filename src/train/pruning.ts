/** How pruning joins training: fit() knows this much of it and no more. */
import type { CheckpointValue } from '../io/state.js';
import type { WeightPass } from './passes.js';
import type { Trainable } from './trainable.js';

/** The fit that a method takes part in. */
export interface PruningRun {
  /** Steps in all. */
  readonly steps: number;
  readonly stepsPerEpoch: number;
  /** Byte addresses of what the optimizer remembers of parameter `index`; arrays that lie as its values do. */
  moments(index: number): readonly number[];
}

/** A method that changes which weights are live while fit() trains them. */
export interface TrainingPruning {
  readonly kind: string;
  /** What it was made of, so that a checkpoint tells it from another one. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** Throws OptionError, before anything changes, for a model that it cannot work with. */
  start(model: Trainable, run: PruningRun): PruningProcess;
}

/**
 * One fit with such a method; steps count from 0. Parameters always hold the weights that the network computes with. A
 * method may keep others behind them (shadows), which the optimizer then moves, and from which it makes those.
 */
export interface PruningProcess {
  /**
   * True while gradients of pruned weights are wanted too: whatever observe() leaves is what the optimizer gets. Asked after
   * observe(), for the pass that follows.
   */
  readonly raw?: boolean;
  /** Before a step, where fit() can wait: for what has to look at data first. */
  beforeStep?(step: number): Promise<void> | undefined;
  /** Before the forward pass of a step. */
  prepare?(step: number): void;
  /** Before the backward pass of a step: what is returned sees every weight in that pass, last layer first. */
  observe(step: number): ((pass: WeightPass) => void) | undefined;
  /** After that pass, with the byte addresses of the gradients of all parameters: for what adds to them, as a penalty does. */
  adjust?(gradients: readonly number[]): void;
  /** After that pass: true when structures have changed, so that the optimizer must leave this step out. */
  rewire(step: number): boolean;
  /** Byte address of what the optimizer moves in place of the values of parameter `index`; 0 for the values themselves. */
  shadow?(index: number): number;
  /** After the update of a step. */
  updated?(step: number): void;
  /** False when something that it keeps has stopped being finite; asked at the end of an epoch. */
  finite?(): boolean;
  /** Weights were put back to earlier ones: what it keeps must follow them. */
  restored?(): void;
  /**
   * What it must know between two steps to go on, as plain data for a checkpoint; null for nothing. A process that leaves this
   * out cannot take part in a fit with a `checkpoint`.
   */
  state?(): CheckpointValue;
  /**
   * Takes a state back, in a process that was started with the model as the fit began; the model holds by now what it held when
   * the state was kept, in the same storage. Throws FormatError, and changes nothing, where it does not fit.
   */
  restore?(state: CheckpointValue): void;
  /** The fit is over, for whatever reason: leaves a consistent model, and gives memory back. May be called twice. */
  end?(): void;
}
