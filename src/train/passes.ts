/** What those who watch a forward or backward pass see of it. */
import type { LayerSpec } from '../layers/layer.js';
import type { TrainingCall } from './gradients/gradient.js';
import type { Trainer } from './trainer.js';

/** One weight in a backward pass, once the gradient of its stored values is known. Numbers are as in TrainingCall. */
export interface WeightPass extends TrainingCall {
  /** Position of the weight in Trainable.parameters. */
  readonly index: number;
  /** Its layer. */
  readonly spec: LayerSpec;
}

/** One layer in a forward pass, once its outputs are known. Numbers are as in TrainingCall. */
export interface LayerPass extends TrainingCall {
  /** Position of the layer in the graph. */
  readonly layer: number;
}

/** How a backward pass differs from that of a plain step. */
export interface BackwardOptions {
  /** True to leave the gradients of pruned weights as they are. */
  readonly raw?: boolean | undefined;
  /** What forward() was given; true by default. */
  readonly training?: boolean;
  /** What forward() was given. */
  readonly gates?: Trainer;
}
