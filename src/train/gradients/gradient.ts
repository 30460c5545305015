/** How gradients flow back through a layer. */
import type { InferKernels } from '../../../build/kernels/infer.js';
import type { LayerSpec } from '../../layers/layer.js';
import type { Block } from '../../runtime/block.js';
import type { Memory } from '../../runtime/memory.js';
import type { TrainKernels } from '../../runtime/trainKernels.js';
import type { Parameter } from '../../tensor/parameter.js';
import type { Seed } from '../../tensor/random.js';
import type { Shape } from '../../tensor/shape.js';

/** Sizes of one layer over one batch. */
export interface TrainingShape {
  readonly inputs: number;
  readonly outputs: number;
  /** Shapes of one sample. */
  readonly shape: Shape;
  readonly outputShape: Shape;
  /** 8, 16 or 32 samples a tile. */
  readonly lanes: number;
  readonly tiles: number;
  readonly parameters: readonly Parameter[];
}

/** One layer in one step; all numbers but sizes are byte addresses. */
export interface TrainingCall extends TrainingShape {
  readonly memory: Memory;
  readonly kernels: InferKernels;
  readonly train: TrainKernels;
  /** False in inference mode. */
  readonly training: boolean;
  /** Samples of the batch; lanes from there on hold none. */
  readonly samples: number;
  /** Activations that came in and went out: [tiles, inputs, lanes] and [tiles, outputs, lanes]. */
  readonly x: number;
  readonly y: number;
  /** Second operand of a layer that adds, as x; 0 for others. */
  readonly also: number;
  /** Gradient of y, and where that of x goes; dx is 0 when nobody needs it, and equals dy when `inPlace`. */
  readonly dy: number;
  readonly dx: number;
  /** Of the parameters, in the layout of their stored values. */
  readonly gradients: readonly number[];
  /** Room for Gradient.scratchBytes. */
  readonly scratch: number;
  /** Room for Gradient.keptBytes: what the backward pass finds as the forward pass left it. */
  readonly kept: number;
  /** Decides random choices of this layer in this step. */
  readonly seed: Seed;
}

/** Activations that decide which inputs a layer passes on: byte addresses, as x and y of a call. */
export type Gates = Pick<TrainingCall, 'x' | 'y'>;

/** Training side of a layer type. */
export interface Gradient {
  /** True when dx may overwrite dy. */
  readonly inPlace: boolean;
  /** Bytes of scratch for a layer of that shape. */
  scratchBytes?(shape: TrainingShape, spec: LayerSpec): number;
  keptBytes?(shape: TrainingShape, spec: LayerSpec): number;
  /** Fills in what is kept for good, such as lists for kernels; what comes behind is zero. */
  prepare?(shape: TrainingShape, spec: LayerSpec, kept: Block): void;
  /** Forward pass where that of the layer type does not do: with parameters always, else while training only. */
  forward?(call: TrainingCall, spec: LayerSpec): void;
  /**
   * For layers that are linear but for gates (which inputs count, by their sign or as the largest): y = J x, with the gates of other
   * activations than x. With those in place of x and y, backward() gives the gradient of that.
   */
  gated?(call: TrainingCall, spec: LayerSpec, gates: Gates): void;
  /** Writes dx and the gradients of the parameters. */
  backward(call: TrainingCall, spec: LayerSpec): void;
  /** What a step changes besides what gradients move, from what the forward pass kept: once nothing can fail any more. */
  commit?(call: TrainingCall, spec: LayerSpec): void;
}
