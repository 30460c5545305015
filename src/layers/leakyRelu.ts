import { expectNumber, expectOptions } from '../options.js';
import { activationLength, keepsShape, type LayerSpec, type LayerType } from './layer.js';

/** Leaky rectifier: y = x for x >= 0, slope * x below. Any shape, kept. `slope` in [0, 1], 0.01 by default. */
export function leakyRelu(options: { slope?: number } = {}): LayerSpec {
  expectOptions('leakyRelu', options, ['slope']);
  return leakyReluType.check({ kind: 'leakyRelu', slope: options.slope ?? 0.01 });
}

export const leakyReluType: LayerType = {
  ...keepsShape,
  kind: 'leakyRelu',
  role: 'elementwise',
  check(spec) {
    expectOptions('leakyRelu', spec, ['kind', 'slope']);
    return Object.freeze({
      kind: 'leakyRelu',
      slope: expectNumber('leakyRelu', 'slope', spec.slope, 0, 1),
    });
  },
  forward: (call, spec) =>
    call.kernels.leaky_relu_f32(call.y, call.x, activationLength(call), spec.slope as number),
};
