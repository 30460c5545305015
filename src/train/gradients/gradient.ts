/** How gradients flow back through a layer. */
import type { InferKernels } from '../../../build/kernels/infer.js';
import type { LayerSpec } from '../../layers/layer.js';
import type { TrainKernels } from '../../runtime/trainKernels.js';
import type { Parameter } from '../../tensor/parameter.js';
import type { Seed } from '../../tensor/random.js';

/** Sizes of one layer over one batch. */
export interface TrainingShape {
  readonly inputs: number;
  readonly outputs: number;
  /** 8, 16 or 32 samples a tile. */
  readonly lanes: number;
  readonly tiles: number;
  readonly parameters: readonly Parameter[];
}

/** One layer in one step; all numbers but sizes are byte addresses. */
export interface TrainingCall extends TrainingShape {
  readonly kernels: InferKernels;
  readonly train: TrainKernels;
  /** False in inference mode. */
  readonly training: boolean;
  /** Activations that came in and went out: [tiles, inputs, lanes] and [tiles, outputs, lanes]. */
  readonly x: number;
  readonly y: number;
  /** Gradient of y, and where that of x goes; dx is 0 when nobody needs it, and equals dy when `inPlace`. */
  readonly dy: number;
  readonly dx: number;
  /** Of the parameters, in the layout of their stored values. */
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
  /** Bytes of scratch for a layer of that shape. */
  scratchBytes?(shape: TrainingShape): number;
  /** Forward pass where that of the layer type does not do: with a weight always, else while training only. */
  forward?(call: TrainingCall, spec: LayerSpec): void;
  /** Writes dx and the gradients of the parameters. */
  backward(call: TrainingCall, spec: LayerSpec): void;
}
