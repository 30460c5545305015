import { products } from '../products/index.js';
import type { Gradient } from './gradient.js';

/** dW = dy · x^T, db = sum of dy over the batch, dx = W^T · dy. */
export const denseGradient: Gradient = {
  inPlace: false,
  scratchBytes: ({ inputs, outputs, lanes, tiles, parameters }) =>
    products[parameters[0]!.format].scratchBytes(outputs, inputs, lanes, tiles),
  forward(call) {
    const [weight, bias] = call.parameters;
    const { x, y, training } = call;
    products[weight!.format].forward({ ...call, weight: weight! }, y, bias?.address ?? 0, x, training);
  },
  backward(call) {
    const { train, x, dy, dx, outputs, lanes, tiles } = call;
    const weight = call.parameters[0]!;
    const [dw = 0, db = 0] = call.gradients;
    const product = products[weight.format];
    product.gradient({ ...call, weight }, dw, dy, x);
    if (db) train.row_sums_f32(db, dy, outputs, lanes, tiles);
    if (dx) product.inputGradient({ ...call, weight }, dx, dy);
  },
};
