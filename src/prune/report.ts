/** What prune did. */
import type { History } from '../train/callbacks/index.js';
import type { Metrics } from '../train/evaluate.js';
import type { TensorReport } from './census.js';
import type { PruningLog } from './log.js';
import type { Structure } from './structures/index.js';

/** One round: what was asked, what was reached, and how well the model did right after and after retraining. */
export interface RoundReport {
  readonly round: number;
  readonly asked: number;
  readonly reached: number;
  readonly layers: readonly TensorReport[];
  /** Tensors that the guard kept from losing all their weights. */
  readonly guarded: readonly string[];
  /** On the validation data, when `fit` has some. */
  readonly pruned?: Metrics;
  readonly retrained?: Metrics;
  readonly history?: History;
}

/** A model before its first round: units and layers that are removed leave fewer and smaller tensors behind. */
export interface PruneStart {
  readonly layers: readonly TensorReport[];
  /** Weights, biases and all else that is stored of the model. */
  readonly parameters: number;
  /** The structure that `asked` and `reached` count by its groups, such as `weight`, `block` or `filter`. */
  readonly structure: string;
  readonly prunes: Structure['prunes'];
  /** Groups that could go: weights, blocks, units or layers. */
  readonly groups: number;
}

/** What prune did; `toString()` is a table of the rounds and one of the layers, and JSON has the entries of the log. */
export interface PruneReport {
  /** What a threshold reached counts as asked. */
  readonly asked: number;
  readonly reached: number;
  /** What there was before the first round. */
  readonly before: PruneStart;
  readonly layers: readonly TensorReport[];
  readonly rounds: readonly RoundReport[];
  /** What went in which round, with its score. */
  readonly log: PruningLog;
  toString(): string;
}
