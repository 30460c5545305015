import { keepsShape, type LayerSpec, type LayerType, withoutOptions } from './layer.js';

/**
 * Softmax over all values of a sample: y_i = e^(x_i - max x) / sum_j e^(x_j - max x). Any shape, kept.
 * Leave it out to train on class labels: softmaxCrossEntropy and softCrossEntropy take logits, and fit() refuses them behind it
 * (evaluate() gives them what it was given).
 * The largest logit is the most probable class; for probabilities give the weights to a model that ends in softmax().
 */
export function softmax(): LayerSpec {
  return softmaxType.check({ kind: 'softmax' });
}

export const softmaxType: LayerType = {
  ...keepsShape,
  kind: 'softmax',
  role: 'elementwise',
  couplesUnits: true,
  unitFlow: () => 'couples',
  check: withoutOptions('softmax'),
  forward: ({ kernels, x, y, inputs, lanes, tiles }) => kernels.softmax_f32(y, x, inputs, lanes, tiles),
};
