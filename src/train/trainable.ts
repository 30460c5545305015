/** What training needs to know of a model. */
import { DataError } from '../errors.js';
import type { Graph } from '../graph/graph.js';
import type { Engine } from '../runtime/engine.js';
import type { TrainKernels } from '../runtime/trainKernels.js';
import type { Parameter } from '../tensor/parameter.js';
import type { TensorValues } from '../tensor/values.js';
import type { OptimizerStates } from './optimizers/state.js';
import type { StorageChoice } from './storage.js';

/** Values and structure of all parameters at one moment, as they were stored. */
export type Snapshot = readonly TensorValues[];

/** Steps and epochs trained so far, over all calls: they decide shuffles, dropout and rewind points. */
export interface Clock {
  steps: number;
  epochs: number;
  /** Of the last epoch, or null before the first. */
  samplesPerSecond: number | null;
}

/** A graph with its parameters in WebAssembly memory, and everything that training keeps between calls. */
export interface Trainable {
  readonly engine: Engine;
  readonly kernels: TrainKernels;
  readonly graph: Graph;
  /** All parameters in layer order, weight then bias. */
  readonly parameters: readonly Parameter[];
  readonly states: OptimizerStates;
  readonly seed: number;
  /** How pruned weights are to be stored. */
  readonly storage: StorageChoice;
  readonly clock: Clock;
  /** Where 'rewind' goes back to: the values before the first training or pruning, or those of `rewindAt`. */
  rewindPoint: Snapshot | null;
  /** True when its first weights came from a file, and may be trained ones. */
  readonly loaded: boolean;
  /** Bytes of a model file, for checkpoints. */
  encode(): Uint8Array;
  /** Throws DisposedError after dispose(). */
  expectLive(where: string): void;
}

/** A parameter that holds NaN or an infinity. */
export function findNonFinite({ kernels, parameters }: Pick<Trainable, 'kernels' | 'parameters'>) {
  return parameters.find(({ address, count }) => kernels.count_nonfinite_f32(address, count) > 0);
}

/** Throws DataError when a parameter is not finite, which no training can mend. */
export function expectFiniteWeights(where: string, model: Trainable): void {
  const found = findNonFinite(model);
  if (found) throw new DataError(`${where}: ${found.name} must be finite, got NaN or an infinity in it`);
}

/** Copies everything. */
export function takeSnapshot({ parameters }: Pick<Trainable, 'parameters'>): Snapshot {
  return parameters.map((parameter) => parameter.values());
}

/** Puts values and structure back. */
export function restoreSnapshot({ parameters }: Pick<Trainable, 'parameters'>, snapshot: Snapshot): void {
  parameters.forEach((parameter, i) => {
    parameter.restore(snapshot[i]!);
  });
}

/** Share of pruned weights over all prunable parameters. */
export function sparsityOf(parameters: readonly Parameter[]): number {
  const weights = parameters.filter((parameter) => parameter.prunable);
  const total = weights.reduce((sum, weight) => sum + weight.length, 0);
  const live = weights.reduce((sum, weight) => sum + weight.live, 0);
  return total === 0 ? 0 : 1 - live / total;
}

/** What the weights of a model take while it trains. */
export interface Footprint {
  /** Weights and biases that are not pruned. */
  readonly liveWeights: number;
  /** Bytes of values, gradients, moments and structure. */
  readonly trainingBytes: number;
  /** Format of every weight, in layer order, such as `csr csr dense`. */
  readonly storage: string;
}

/** Counts what is held for all parameters. */
export function footprintOf(parameters: readonly Parameter[]): Footprint {
  return {
    liveWeights: parameters.reduce((sum, { live }) => sum + live, 0),
    trainingBytes: parameters.reduce((sum, { bytes, count }) => sum + bytes + 4 * count, 0),
    storage: parameters.flatMap(({ prunable, format }) => (prunable ? [format] : [])).join(' '),
  };
}
