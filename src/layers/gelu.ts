import { activationLength, keepsShape, type LayerSpec, type LayerType, withoutOptions } from './layer.js';

/** Gaussian error unit, tanh form: y = x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))). Any shape, kept. Hendrycks & Gimpel 2016, arXiv:1606.08415. */
export function gelu(): LayerSpec {
  return geluType.check({ kind: 'gelu' });
}

export const geluType: LayerType = {
  ...keepsShape,
  kind: 'gelu',
  role: 'elementwise',
  check: withoutOptions('gelu'),
  forward: (call) => call.kernels.gelu_f32(call.y, call.x, activationLength(call)),
};
