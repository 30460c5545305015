/** What training needs to know of a model. */
import type { Graph } from '../graph/graph.js';
import type { Engine } from '../runtime/engine.js';
import type { TrainKernels } from '../runtime/trainKernels.js';
import type { Parameter } from '../tensor/parameter.js';
import type { OptimizerStates } from './optimizers/state.js';

/** Values and masks of all parameters at one moment. */
export interface Snapshot {
  readonly values: readonly Float32Array[];
  readonly masks: readonly (Uint8Array | null)[];
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
  /** Steps and epochs trained so far, over all calls: they decide shuffles, dropout and rewind points. */
  readonly clock: { steps: number; epochs: number };
  /** Where 'rewind' goes back to: the values before the first training or pruning, or those of `rewindAt`. */
  rewindPoint: Snapshot | null;
  /** Bytes of a model file, for checkpoints. */
  encode(): Uint8Array;
  /** Throws DisposedError after dispose(). */
  expectLive(where: string): void;
}

/** Copies everything. */
export function takeSnapshot({ parameters }: Pick<Trainable, 'parameters'>): Snapshot {
  return {
    values: parameters.map((parameter) => parameter.read()),
    masks: parameters.map((parameter) => parameter.readMask()),
  };
}

/** Puts values and masks back. */
export function restoreSnapshot(
  { parameters }: Pick<Trainable, 'parameters'>,
  { values, masks }: Snapshot,
): void {
  parameters.forEach((parameter, i) => {
    parameter.setMask(null);
    parameter.write(values[i]!);
    const mask = masks[i];
    if (mask) parameter.setMask(mask);
  });
}

/** Share of pruned weights over all prunable parameters. */
export function sparsityOf(parameters: readonly Parameter[]): number {
  const weights = parameters.filter((parameter) => parameter.prunable);
  const total = weights.reduce((sum, weight) => sum + weight.length, 0);
  const live = weights.reduce((sum, weight) => sum + weight.live, 0);
  return total === 0 ? 0 : 1 - live / total;
}
