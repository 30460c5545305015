import { activationLength, keepsShape, type LayerSpec, type LayerType, withoutOptions } from './layer.js';

/** Rectifier: y = max(x, 0). Any shape, kept. NaN stays NaN. */
export function relu(): LayerSpec {
  return reluType.check({ kind: 'relu' });
}

export const reluType: LayerType = {
  ...keepsShape,
  kind: 'relu',
  role: 'clamp',
  check: withoutOptions('relu'),
  forward: (call) => call.kernels.relu_f32(call.y, call.x, activationLength(call)),
};
