import type { TrainKernels } from '../../runtime/trainKernels.js';
import type { SparseStorage } from '../../tensor/formats/index.js';
import type { Product, ProductCall } from './product.js';

/** The kernels of one height of blocks. */
interface SparseKernels {
  readonly forward: 'spmm_nn_csr_f32' | 'spmm_nn_block2_f32' | 'spmm_nn_block4_f32';
  readonly gradient: 'sddmm_csr_f32' | 'sddmm_block2_f32' | 'sddmm_block4_f32';
  readonly inputGradient: 'spmm_tn_csr_f32' | 'spmm_tn_block2_f32' | 'spmm_tn_block4_f32';
}

function structureOf({ weight }: ProductCall) {
  const { rowPtr, colIdx } = (weight.storage as SparseStorage).structure;
  return { rowPtr, colIdx, rows: weight.rows, cols: weight.cols };
}

function sparseProduct(names: SparseKernels, nanosPerWeight: number): Product {
  const kernel = <K extends keyof TrainKernels>(train: TrainKernels, name: K): TrainKernels[K] => train[name];
  return {
    cost: (rows, cols, live) => live * nanosPerWeight + (rows + cols) * 2,
    scratchBytes: () => 0,
    forward(call, y, bias, x) {
      const { rowPtr, colIdx, rows, cols } = structureOf(call);
      const { train, weight, lanes, tiles } = call;
      kernel(train, names.forward)(y, weight.address, colIdx, rowPtr, bias, x, rows, cols, lanes, tiles);
    },
    gradient(call, dw, dy, x) {
      const { rowPtr, colIdx, rows, cols } = structureOf(call);
      kernel(call.train, names.gradient)(dw, colIdx, rowPtr, dy, x, rows, cols, call.lanes, call.tiles);
    },
    inputGradient(call, dx, dy) {
      const { rowPtr, colIdx, rows, cols } = structureOf(call);
      const { train, weight, lanes, tiles } = call;
      kernel(train, names.inputGradient)(dx, weight.address, colIdx, rowPtr, dy, rows, cols, lanes, tiles);
    },
  };
}

export const csrProduct = sparseProduct(
  { forward: 'spmm_nn_csr_f32', gradient: 'sddmm_csr_f32', inputGradient: 'spmm_tn_csr_f32' },
  0.4,
);

export const block2Product = sparseProduct(
  { forward: 'spmm_nn_block2_f32', gradient: 'sddmm_block2_f32', inputGradient: 'spmm_tn_block2_f32' },
  0.3,
);

export const block4Product = sparseProduct(
  { forward: 'spmm_nn_block4_f32', gradient: 'sddmm_block4_f32', inputGradient: 'spmm_tn_block4_f32' },
  0.3,
);
