import type { Engine } from '../../runtime/engine.js';
import type { Product, ProductFormat, ProductSource } from './product.js';

const spmmKernels = { 8: 'spmm_csr8_f32', 16: 'spmm_csr16_f32', 32: 'spmm_csr32_f32' } as const;

/** Nonzeros only, with one byte offset each: SpMM for tiles, SpMV for one sample. */
export const csrFormat: ProductFormat = {
  name: 'csr',
  compile({ memory, kernels }: Engine, source: ProductSource): Product {
    const { weight, nnz, bias, rows, cols, lanes, low } = source;
    const block = memory.allocate((2 * nnz + rows + 1 + rows) * 4);
    const values = block.address;
    const colIdx = values + nnz * 4;
    const rowPtr = colIdx + nnz * 4;
    const biasAt = bias ? rowPtr + (rows + 1) * 4 : 0;
    kernels.csr_from_dense_f32(values, colIdx, rowPtr, weight.address, rows, cols, lanes * 4);
    if (bias) block.f32(rows, 2 * nnz + rows + 1).set(bias);
    const common = { bytes: (2 * nnz + rows + 1) * 4, blocks: [block] };
    if (lanes === 1) {
      const run = (x: number, y: number) =>
        kernels.spmv_csr_f32(y, values, colIdx, rowPtr, biasAt, x, rows, low);
      return { ...common, kernel: 'spmv_csr_f32', run };
    }
    const kernel = spmmKernels[lanes as keyof typeof spmmKernels];
    const spmm = kernels[kernel];
    return {
      ...common,
      kernel,
      run: (x, y, tiles) => spmm(y, values, colIdx, rowPtr, biasAt, x, rows, cols, tiles, low),
    };
  },
};
