/** How a session stores and multiplies the weight of a convolution. */
import type { Engine } from '../../runtime/engine.js';
import type { ConvolutionOp } from '../ops.js';
import type { Product } from '../products/product.js';

/**
 * A way to store the weight of a convolution, with its kernels. As for products: all begin with the bias and add the terms of a filter
 * in the order of its columns, so that they give the same bits.
 */
export interface ConvFormat {
  readonly name: string;
  /** True when this weight can be stored so. */
  fits(op: ConvolutionOp, lanes: number): boolean;
  /** Estimated nanoseconds for one tile of `lanes` samples; only ratios matter. */
  cost(op: ConvolutionOp, lanes: number): number;
  compile(engine: Engine, op: ConvolutionOp, lanes: number): Product;
}
