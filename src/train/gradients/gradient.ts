/** How gradients flow back through a layer. */
import type { InferKernels } from '../../../build/kernels/infer.js';
import type { LayerSpec } from '../../layers/layer.js';
import type { TrainKernels } from '../../runtime/trainKernels.js';
import type { Seed } from '../../tensor/random.js';

/** One layer in one training step; tiles of eight lanes, all numbers but counts are byte addresses. */
export interface TrainingCall {
  readonly kernels: InferKernels;
  readonly train: TrainKernels;
  /** Activations that came in and went out: [tiles, inputs, 8] and [tiles, outputs, 8]. */
  readonly x: number;
  readonly y: number;
  /** Gradient of y, and where that of x goes; dx is 0 when nobody needs it, and equals dy when `inPlace`. */
  readonly dy: number;
  readonly dx: number;
  readonly inputs: number;
  readonly outputs: number;
  readonly tiles: number;
  readonly parameters: readonly number[];
  readonly gradients: readonly number[];
  /** Room for Gradient.scratchBytes. */
  readonly scratch: number;
  /** Decides random choices of this layer in this step. */
  readonly seed: Seed;
}

/** Training side of a layer type. */
export interface Gradient {
  /** True when dx may overwrite dy. */
  readonly inPlace: boolean;
  /** Bytes of scratch for that many inputs, outputs and tiles. */
  scratchBytes?(inputs: number, outputs: number, tiles: number): number;
  /** Forward pass while training, where it differs from inference. */
  forward?(call: TrainingCall, spec: LayerSpec): void;
  /** Writes dx and the gradients of the parameters. */
  backward(call: TrainingCall, spec: LayerSpec): void;
}
