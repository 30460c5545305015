import type { TrainKernels } from '../../runtime/trainKernels.js';

/** One batch of outputs and targets in tiles; addresses and counts. */
export interface LossCall {
  readonly kernels: TrainKernels;
  /** Outputs of the network [tiles, outputs, lanes]. */
  readonly x: number;
  /** Labels [tiles * lanes] i32, -1 where no sample is; or values [tiles, outputs, lanes]. */
  readonly target: number;
  /** Receives the gradient of the mean loss [tiles, outputs, lanes]. */
  readonly dx: number;
  readonly outputs: number;
  readonly samples: number;
  readonly lanes: number;
  readonly tiles: number;
}

/** A loss: the sum over the samples, and the gradient of their mean. */
export interface Loss {
  readonly kind: string;
  /** Class indices, or as many values as the network has outputs. */
  readonly targets: 'labels' | 'values';
  /** True when it takes logits, and applies softmax itself: training refuses a network that ends in softmax(). */
  readonly logits?: boolean;
  /** True when it takes probabilities: training refuses a network that ends in neither sigmoid() nor softmax(). */
  readonly probabilities?: boolean;
  /** Least and greatest value that a target may have; any finite number when left out. */
  readonly range?: readonly [low: number, high: number];
  run(call: LossCall): number;
}
