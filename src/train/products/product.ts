/** The three products of a layer with a weight, whatever the format of the weight. */
import type { InferKernels } from '../../../build/kernels/infer.js';
import type { TrainKernels } from '../../runtime/trainKernels.js';
import type { Parameter } from '../../tensor/parameter.js';

/** Operands of a product; x [tiles, cols, lanes], y [tiles, rows, lanes] and their gradients are byte addresses. */
export interface ProductCall {
  readonly kernels: InferKernels;
  readonly train: TrainKernels;
  readonly weight: Parameter;
  readonly lanes: number;
  readonly tiles: number;
  /** Room for Product.scratchBytes. */
  readonly scratch: number;
}

/** Kernels for one format. */
export interface Product {
  /** Nanoseconds of a training step for one sample of a batch, for a weight with that many live values: an estimate. */
  cost(rows: number, cols: number, live: number): number;
  scratchBytes(rows: number, cols: number, lanes: number, tiles: number): number;
  /** y = W · x + b; bias is an address or 0. While training, inputs that are zero may be left out: weights are finite. */
  forward(call: ProductCall, y: number, bias: number, x: number, training: boolean): void;
  /** dw = dy · x^T, in the layout of the stored values. */
  gradient(call: ProductCall, dw: number, dy: number, x: number): void;
  /** dx = W^T · dy. */
  inputGradient(call: ProductCall, dx: number, dy: number): void;
}
