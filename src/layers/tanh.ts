import { activationLength, keepsShape, type LayerSpec, type LayerType, withoutOptions } from './layer.js';

/** Hyperbolic tangent: y = tanh x. Any shape, kept. */
export function tanh(): LayerSpec {
  return tanhType.check({ kind: 'tanh' });
}

export const tanhType: LayerType = {
  ...keepsShape,
  kind: 'tanh',
  role: 'elementwise',
  check: withoutOptions('tanh'),
  forward: (call) => call.kernels.tanh_f32(call.y, call.x, activationLength(call)),
};
