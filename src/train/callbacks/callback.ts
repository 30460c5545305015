import type { CheckpointValue } from '../../io/state.js';
import type { Snapshot } from '../trainable.js';

/** One entry per epoch in every list. Accuracies and sparsity are shares from 0 to 1. */
export interface History {
  loss: number[];
  accuracy: number[];
  valLoss: number[];
  valAccuracy: number[];
  sparsity: number[];
  learningRate: number[];
  samplesPerSecond: number[];
  seconds: number[];
  /** Weights and biases that are not pruned. */
  liveWeights: number[];
  /** Bytes of weights, gradients and the moments of optimizers, with what tells which weights are live. */
  trainingBytes: number[];
  /** How every weight is stored, in layer order, such as `csr csr dense`. */
  storage: string[];
}

/** Figures of one finished epoch; those of the validation only when there is validation data. */
export interface EpochLogs {
  readonly epoch: number;
  readonly loss: number;
  readonly accuracy: number;
  readonly valLoss?: number;
  readonly valAccuracy?: number;
  readonly sparsity: number;
  readonly learningRate: number;
  readonly samplesPerSecond: number;
  readonly seconds: number;
  readonly liveWeights: number;
  readonly trainingBytes: number;
  readonly storage: string;
}

/** Where a fit goes on that was interrupted. */
export interface Resumed {
  /** From 1. */
  readonly epoch: number;
  /** Steps of that epoch that are done. */
  readonly step: number;
  /** True when the fit had ended: nothing is trained. */
  readonly done: boolean;
}

/** What a running fit offers its callbacks. */
export interface FitRun {
  readonly epochs: number;
  readonly stepsPerEpoch: number;
  readonly batchSize: number;
  readonly samples: number;
  /** True when there is validation data. */
  readonly validates: boolean;
  /** Where a fit with a `checkpoint` goes on; null when it began at its begin. */
  readonly resumed: Resumed | null;
  /** Ends the fit after this epoch. */
  stop(): void;
  snapshot(): Snapshot;
  restore(snapshot: Snapshot): void;
  /** A snapshot as a callback's state, and one out of it. Throws FormatError where it does not fit the model. */
  packSnapshot(snapshot: Snapshot): CheckpointValue;
  unpackSnapshot(value: CheckpointValue): Snapshot;
  /** Bytes of a model file of the model as it is now. */
  encode(): Uint8Array;
}

/** Progress within an epoch, after a step. */
export interface StepLogs {
  readonly epoch: number;
  /** Steps done in this epoch, from 1. */
  readonly step: number;
  /** Mean loss of the epoch so far. */
  readonly loss: number;
  readonly accuracy: number;
}

/** Hooks into fit; give any of them. */
export interface Callback {
  /** What it is and was made of, so that a checkpoint tells it from another one; without, the text of its hooks does. */
  readonly kind?: string;
  readonly options?: Readonly<Record<string, unknown>>;
  onFitBegin?(run: FitRun): void | Promise<void>;
  /**
   * A fit with a `checkpoint` goes on, after onFitBegin and restore(); the begin of an epoch that goes on is not told again.
   * When the fit had ended already, only restore() and this are called.
   */
  onResume?(at: Resumed, run: FitRun): void | Promise<void>;
  onEpochBegin?(epoch: number, run: FitRun): void | Promise<void>;
  /**
   * Synchronous: a step does not wait. An async function is refused before anything is trained; another that returns a promise
   * ends the fit with OptionError after its first call, and the model stays as that step left it.
   */
  onStep?(logs: StepLogs, run: FitRun): void;
  onEpochEnd?(logs: EpochLogs, run: FitRun): void | Promise<void>;
  onFitEnd?(history: History, run: FitRun): void | Promise<void>;
  /** What it must know to go on, as plain data for a checkpoint; a callback without it begins anew. */
  state?(): CheckpointValue;
  /** Takes a state back, after onFitBegin where that is called. What it throws ends the fit, with everything as before. */
  restore?(state: CheckpointValue, run: FitRun): void;
}
