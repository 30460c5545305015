import type { Engine } from '../../runtime/engine.js';
import { toCsr } from '../../tensor/formats/csr.js';
import type { Product, ProductFormat, ProductSource } from './product.js';

const spmmKernels = { 8: 'spmm_csr8_f32', 16: 'spmm_csr16_f32', 32: 'spmm_csr32_f32' } as const;

/** Nonzeros only, with one byte offset each: SpMM for tiles, SpMV for one sample. */
export const csrFormat: ProductFormat = {
  name: 'csr',
  compile({ memory, kernels }: Engine, { weight, bias, rows, cols, lanes, low }: ProductSource): Product {
    const csr = toCsr(weight, rows, cols);
    const nnz = csr.values.length;
    const block = memory.allocate((2 * nnz + rows + 1 + rows) * 4);
    const values = block.address;
    const colIdx = values + nnz * 4;
    const rowPtr = colIdx + nnz * 4;
    const biasAt = bias ? rowPtr + (rows + 1) * 4 : 0;
    block.f32(nnz).set(csr.values);
    const words = block.u32();
    csr.colIdx.forEach((col, i) => {
      words[nnz + i] = col * lanes * 4;
    });
    words.set(csr.rowPtr, 2 * nnz);
    if (bias) block.f32(rows, 2 * nnz + rows + 1).set(bias);
    const bytes = (2 * nnz + rows + 1) * 4;
    const dispose = () => block.free();
    if (lanes === 1) {
      const run = (x: number, y: number) =>
        kernels.spmv_csr_f32(y, values, colIdx, rowPtr, biasAt, x, rows, low);
      return { kernel: 'spmv_csr_f32', bytes, run, dispose };
    }
    const kernel = spmmKernels[lanes as keyof typeof spmmKernels];
    const spmm = kernels[kernel];
    return {
      kernel,
      bytes,
      run: (x, y, tiles) => spmm(y, values, colIdx, rowPtr, biasAt, x, rows, cols, tiles, low),
      dispose,
    };
  },
};
