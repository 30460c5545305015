import { ShapeError } from '../errors.js';
import { expectBoolean, expectInteger, expectOptions } from '../options.js';
import { showShape } from '../tensor/shape.js';
import type { LayerSpec, LayerType } from './layer.js';

/**
 * Fully connected layer: y = W · x + b, W [units, inputs], b [units].
 *
 * Input [inputs], output [units]. `bias: false` leaves b out. Throws OptionError on bad options; a shape of more
 * than one dimension is refused when the model is built (put flatten() before it).
 */
export function dense(units: number, options: { bias?: boolean } = {}): LayerSpec {
  expectOptions('dense', options, ['bias']);
  return denseType.check({ kind: 'dense', units, bias: options.bias ?? true });
}

export const denseType: LayerType = {
  kind: 'dense',
  role: 'product',
  unitFlow: () => 'mixes',
  withUnits: (spec, units) => denseType.check({ ...spec, units }),
  check(spec) {
    expectOptions('dense', spec, ['kind', 'units', 'bias']);
    const units = expectInteger('dense', 'units', spec.units);
    return Object.freeze({ kind: 'dense', units, bias: expectBoolean('dense', 'bias', spec.bias) });
  },
  outputShape(spec, input) {
    if (input.length !== 1) {
      throw new ShapeError(`dense: input must be [inputs], got ${showShape(input)}; put flatten() before it`);
    }
    return [spec.units as number];
  },
  parameters(spec, input) {
    const units = spec.units as number;
    const inputs = input[0]!;
    const fans = { fanIn: inputs, fanOut: units };
    const weight = { role: 'weight', shape: [units, inputs], ...fans } as const;
    return spec.bias ? [weight, { role: 'bias', shape: [units], ...fans }] : [weight];
  },
  forward({ kernels, x, y, lanes, tiles, inputs, outputs, parameters, low }) {
    const [weight = 0, bias = 0] = parameters;
    if (lanes === 1) {
      kernels.gemv_f32(y, weight, bias, x, outputs, inputs, low);
    } else if (lanes === 8) {
      kernels.gemm_f32(y, 32, outputs * 32, weight, bias, x, 32, inputs * 32, outputs, inputs, tiles, low);
    } else {
      const row = lanes * 4;
      for (let t = 0; t < tiles; t++) {
        const to = y + t * outputs * row;
        kernels.gemm_f32(
          to,
          row,
          32,
          weight,
          bias,
          x + t * inputs * row,
          row,
          32,
          outputs,
          inputs,
          lanes / 8,
          low,
        );
      }
    }
  },
};
