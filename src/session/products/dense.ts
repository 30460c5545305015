import { denseType } from '../../layers/dense.js';
import type { Engine } from '../../runtime/engine.js';
import type { Product, ProductFormat, ProductSource } from './product.js';

/** All weights, zeros included, row-major: GEMM for tiles, GEMV for one sample. */
export const denseFormat: ProductFormat = {
  name: 'dense',
  compile({ memory, kernels }: Engine, { weight, bias, rows, cols, lanes, low }: ProductSource): Product {
    const block = memory.allocate((weight.length + (bias?.length ?? 0)) * 4);
    block.f32(weight.length).set(weight);
    if (bias) block.f32(bias.length, weight.length).set(bias);
    const parameters = [block.address, bias ? block.address + weight.length * 4 : 0];
    const spec = { kind: 'dense', units: rows, bias: bias !== null };
    return {
      kernel: lanes === 1 ? 'gemv_f32' : 'gemm_f32',
      bytes: weight.length * 4,
      run(x, y, tiles) {
        denseType.forward(
          { kernels, x, y, lanes, tiles, inputs: cols, outputs: rows, parameters, low },
          spec,
        );
      },
      dispose: () => block.free(),
    };
  },
};
