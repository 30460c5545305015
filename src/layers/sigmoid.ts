import { activationLength, keepsShape, type LayerSpec, type LayerType, withoutOptions } from './layer.js';

/** Logistic function: y = 1 / (1 + e^-x). Any shape, kept. */
export function sigmoid(): LayerSpec {
  return sigmoidType.check({ kind: 'sigmoid' });
}

export const sigmoidType: LayerType = {
  ...keepsShape,
  kind: 'sigmoid',
  role: 'elementwise',
  check: withoutOptions('sigmoid'),
  forward: (call) => call.kernels.sigmoid_f32(call.y, call.x, activationLength(call)),
};
