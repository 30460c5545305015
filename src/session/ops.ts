/** What a session has to run: a network as operations in order, nothing chosen yet. */
import type { GraphNode } from '../graph/graph.js';
import type { Geometry } from '../layers/geometry.js';
import type { Affine } from './fold.js';
import type { Weight } from './weight.js';

/** What every operation has: its layer, and which operations made what it takes (NETWORK_INPUT: the samples). */
interface Operation {
  readonly node: GraphNode;
  readonly from: readonly number[];
}

/** y = max(W · x + b, low). */
export interface ProductOp extends Operation {
  readonly kind: 'product';
  readonly weight: Weight;
  /** [rows], or null. */
  readonly bias: Float32Array | null;
  /** 0 when a ReLU was fused, else -Infinity. */
  readonly low: number;
}

/** The same over all windows of an image; a row of the weight is a filter. */
export interface ConvolutionOp extends Operation {
  readonly kind: 'convolution';
  /** [filters, channels of a group * area of a window] */
  readonly weight: Weight;
  readonly bias: Float32Array | null;
  readonly low: number;
  readonly geometry: Geometry;
  readonly groups: number;
}

/** A layer that works in place, feature by feature (or over all of them, as softmax does). */
export interface ElementwiseOp extends Operation {
  readonly kind: 'elementwise';
  /** Features of a sample. */
  readonly size: number;
}

/** A layer that gives another size, without a weight: pooling. */
export interface ResampleOp extends Operation {
  readonly kind: 'resample';
}

/** y = max(x * scale + shift, low), channel by channel. */
export interface AffineOp extends Operation {
  readonly kind: 'affine';
  readonly affine: Affine;
  /** Values of a channel. */
  readonly pixels: number;
  readonly low: number;
}

/** y = max(a + b, low). */
export interface AddOp extends Operation {
  readonly kind: 'add';
  readonly low: number;
}

export type Op = ProductOp | ConvolutionOp | ElementwiseOp | ResampleOp | AffineOp | AddOp;

/** Operations with a weight. */
export const hasWeight = (op: Op): op is ProductOp | ConvolutionOp =>
  op.kind === 'product' || op.kind === 'convolution';
