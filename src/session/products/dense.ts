import { denseType } from '../../layers/dense.js';
import type { Engine } from '../../runtime/engine.js';
import type { Product, ProductFormat, ProductSource } from './product.js';

/** All weights, zeros included, row-major: GEMM for tiles, GEMV for one sample. */
export const denseFormat: ProductFormat = {
  name: 'dense',
  compile({ memory, kernels }: Engine, { weight, bias, rows, cols, lanes, low }: ProductSource): Product {
    const blocks = [weight];
    if (bias) {
      const block = memory.allocate(rows * 4);
      block.f32(rows).set(bias);
      blocks.push(block);
    }
    const parameters = blocks.map((block) => block.address);
    const spec = { kind: 'dense', units: rows, bias: bias !== null };
    return {
      kernel: lanes === 1 ? 'gemv_f32' : 'gemm_f32',
      bytes: rows * cols * 4,
      blocks,
      run(x, y, tiles) {
        denseType.forward(
          { kernels, x, y, lanes, tiles, inputs: cols, outputs: rows, parameters, low },
          spec,
        );
      },
    };
  },
};
