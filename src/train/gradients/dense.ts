import type { Gradient } from './gradient.js';

/** dW = dy · x^T, db = sum of dy over the batch, dx = W^T · dy. */
export const denseGradient: Gradient = {
  inPlace: false,
  scratchBytes: (inputs, outputs, tiles) => Math.max((outputs + 9) * tiles * 32 + 32, inputs * 4 + 16),
  forward({ train, x, y, inputs, outputs, tiles, parameters, scratch }) {
    const [weight = 0, bias = 0] = parameters;
    train.gemm_skip_f32(y, weight, bias, x, outputs, inputs, tiles, scratch);
  },
  backward({ train, x, dy, dx, inputs, outputs, tiles, parameters, gradients, scratch }) {
    const [dw = 0, db = 0] = gradients;
    train.gemm_nt_f32(dw, dy, x, outputs, inputs, tiles, scratch);
    if (db) train.row_sums_f32(db, dy, outputs, tiles);
    if (dx) train.gemm_tn_f32(dx, parameters[0]!, dy, outputs, inputs, tiles);
  },
};
