import type { Block } from '../../runtime/block.js';
import type { PruneKernels } from '../../runtime/pruneKernels.js';
import type { Parameter } from '../../tensor/parameter.js';
import type { LayerPass } from '../../train/passes.js';
import type { Room } from './room.js';
import type { Pace, Study } from './study.js';

/** How often, and how much, the units of a layer answer; both [rows]. */
export interface Activity {
  /** Share of the samples (and, for the channels of an image, pixels) for which a unit is not zero. */
  readonly nonzero: Float64Array;
  /** Mean over the same. */
  readonly mean: Float64Array;
}

/** What data tell of one weight [rows, cols]; n = rows * cols, row-major, 0 where pruned, however it is stored. */
export interface WeightStatistics {
  /** dL/dW, the mean over all samples [n]. */
  readonly gradient: Float32Array;
  /** Mean over the batches of (g w)^2, g being the gradient of a batch [n]. */
  readonly taylor: Float32Array;
  /** H g, the Hessian of the loss times its gradient [n]; see gradientProduct.ts. */
  readonly gradientProduct: Float32Array;
  /** Flow: dR/d|W| for the all-ones input, in shares of R, so that sum |w| flow = 1 in every layer [n]; see flow.ts. */
  readonly flow: Float64Array;
  /**
   * sqrt(sum of x_j^2) over all samples, for every input of the layer [groups * cols]; groups is 1 but for convolutions with more.
   * The inputs of a convolution are those of its windows, of which each sample has many.
   */
  readonly inputNorms: Float64Array;
  /**
   * X · X^T / samples of the inputs of the layer, row-major, both halves [size * size]. With a bias, size is cols + 1: the
   * last input is the constant 1, so that whoever solves with it may change the bias too. Else it is cols. For a convolution,
   * one such matrix for each of its groups [groups * size * size], summed over the windows of a sample.
   */
  readonly gram: Float64Array;
  /** Of the units, after the activation that follows the layer. */
  readonly activity: Activity;
  /** Sum of the Euclidean distances of a row of W to all other rows [rows]. */
  readonly rowDistances: Float64Array;
  /** Mean over the batches of (sum of g w over the weights of a unit and its bias)^2 [rows]. */
  readonly unitTaylor: Float64Array;
}

/** Name of a statistic. */
export type StatisticName = keyof WeightStatistics;

/** A weight that is studied. */
export interface StudiedWeight {
  /** Position in Trainable.parameters. */
  readonly index: number;
  readonly parameter: Parameter;
  /** Position of its bias, if it has one. */
  readonly bias: number | undefined;
  /** Positions in the graph: its layer, and the layer behind which its units have their final values. */
  readonly layer: number;
  readonly activation: number;
}

/** What statistics work with. */
export interface Bench {
  readonly study: Study;
  readonly kernels: PruneKernels;
  readonly room: Room;
  /** Those asked for, in layer order. */
  readonly weights: readonly StudiedWeight[];
  /** Those of the model. */
  readonly all: readonly StudiedWeight[];
  readonly samples: number;
  readonly batchSize: number;
}

/** Sees all batches and sums up. */
export interface Collector<T> {
  /** Once for every layer and batch, with `count` samples. */
  afterLayer?(pass: LayerPass, count: number): void;
  /** Once a batch, with the gradients of all parameters as they are stored; their loss is the mean over the batch. */
  afterBackward?(gradients: readonly Block[], count: number): void;
  /** By the position of a weight. */
  finish(): ReadonlyMap<number, T>;
}

/** A statistic that all batches contribute to: one pass over the data serves all of these. */
export interface PassStatistic<T> {
  readonly kind: 'forward' | 'backward';
  collect(bench: Bench): Collector<T>;
}

/** A statistic with work of its own; `weights` looks at weights alone and needs no data. */
export interface OwnStatistic<T> {
  readonly kind: 'own' | 'weights';
  /** Steps that it will report. */
  steps(bench: Bench): number;
  compute(bench: Bench, pace: Pace): Promise<ReadonlyMap<number, T>>;
}

export type Statistic<T> = PassStatistic<T> | OwnStatistic<T>;

/** One value for every weight. */
export function byWeight<T>(
  weights: readonly StudiedWeight[],
  make: (weight: StudiedWeight) => T,
): Map<number, T> {
  return new Map(weights.map((weight) => [weight.index, make(weight)]));
}
