/** What every layer type provides. Gradients live in train/, faster kernels for trained weights in session/. */
import type { InferKernels } from '../../build/kernels/infer.js';
import { expectOptions } from '../options.js';
import type { ParameterSpec } from '../tensor/parameterSpec.js';
import type { Shape } from '../tensor/shape.js';

/** Plain data that describes a layer: what a user's call such as dense(300) returns and what files store. */
export interface LayerSpec {
  readonly kind: string;
  readonly [option: string]: string | number | boolean | null;
}

/** One call of a layer over activations in tiles: x [tiles, inputs, lanes], y [tiles, outputs, lanes]. */
export interface ForwardCall {
  readonly kernels: InferKernels;
  readonly x: number;
  readonly y: number;
  /** 1 for one sample (then tiles is 1), else 8, 16 or 32. */
  readonly lanes: number;
  readonly tiles: number;
  readonly inputs: number;
  readonly outputs: number;
  /** Shape of one sample of x. */
  readonly shape: Shape;
  /** Second operand of a layer that adds, as x. */
  readonly also?: number;
  /** Byte addresses of the layer's parameters, in the order of LayerType.parameters. */
  readonly parameters: readonly number[];
  /** Lower bound fused into the product: 0 for ReLU, -Infinity for none. */
  readonly low: number;
}

/**
 * What a layer does with units: features of a dense layer, channels of an image, always along the first dimension of a shape
 * or in runs of it (flatten turns a channel into one run of features).
 *
 * `carries` hands each on, in order and by itself: activations, dropout, flatten, pooling; its own parameters, if it has any,
 * hold a run of rows for each. `mixes` reads them by the columns of its weight, a run for each, and makes units of its own,
 * which are the rows of its parameters. `couples` is all else: none of them can be taken out.
 */
export type UnitFlow = 'carries' | 'mixes' | 'couples';

/** A kind of layer: shapes, parameters and the forward pass. */
export interface LayerType {
  readonly kind: string;
  /** Checks a spec, from a user or from a file, and fills in defaults. Throws OptionError. */
  check(spec: LayerSpec): LayerSpec;
  /** Shape of one output sample. Throws ShapeError when the input does not fit. */
  outputShape(spec: LayerSpec, input: Shape): Shape;
  /** Trainable tensors, weight first. */
  parameters(spec: LayerSpec, input: Shape): readonly ParameterSpec[];
  /**
   * How a session may treat it: `product` and `convolution` have a weight and may be stored sparse, `clamp` is max(x, low) and can
   * be fused into what is before it, `affine` is y = x * scale + shift for each channel and folds into a weight, `elementwise` may run
   * in place, `resample` gives another size, `identity` does nothing at inference; `fork`, `swap` and `add` make branches.
   */
  readonly role:
    | 'product'
    | 'convolution'
    | 'clamp'
    | 'affine'
    | 'elementwise'
    | 'resample'
    | 'identity'
    | 'fork'
    | 'swap'
    | 'add';
  /**
   * True when an output depends on more than the input at its own place (softmax), or on which place that is. A session
   * drops no units around such a layer; false when left out.
   */
  readonly couplesUnits?: boolean;
  /** What it does with units; it carries them when left out. */
  unitFlow?(spec: LayerSpec, input: Shape): UnitFlow;
  /** The same layer with fewer units of its own; there where its spec counts them. */
  withUnits?(spec: LayerSpec, units: number): LayerSpec;
  /** The layer in one call; left out where nothing is to be done, or where sessions and training have ways of their own. */
  forward?(call: ForwardCall, spec: LayerSpec): void;
}

/** Checks shared by layers that keep the shape and have no parameters. */
export const keepsShape = {
  outputShape: (_spec: LayerSpec, input: Shape): Shape => input,
  parameters: (): readonly ParameterSpec[] => [],
};

/** Check of a layer that has a kind and nothing else. */
export function withoutOptions(kind: string): LayerType['check'] {
  return (spec) => {
    expectOptions(kind, spec, ['kind']);
    return Object.freeze({ kind });
  };
}

/** Floats in one activation buffer of a call. */
export function activationLength({ inputs, lanes, tiles }: ForwardCall): number {
  return inputs * lanes * tiles;
}
