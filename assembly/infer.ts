/** Kernels that inference needs: the ABI of build/<target>/infer.wasm. */

export { gelu_f32, leaky_relu_f32, relu_f32, sigmoid_f32, tanh_f32 } from './kernels/activations_f32';
export { count_nonzero_f32 } from './kernels/count_nonzero_f32';
export { csr_from_dense_f32 } from './kernels/csr_f32';
export { gemm_f32, gemm_rows4, gemm_rows4_strided } from './kernels/gemm_f32';
export { gemv_f32 } from './kernels/gemv_f32';
export { softmax_f32 } from './kernels/softmax_f32';
export {
  spmm_csr8_f32,
  spmm_csr8_row_f32,
  spmm_csr16_f32,
  spmm_csr16_row_f32,
  spmm_csr32_f32,
  spmm_csr32_row_f32,
} from './kernels/spmm_csr_f32';
export { spmv_csr_f32 } from './kernels/spmv_csr_f32';
export { tile_f32, untile_f32 } from './kernels/tile_f32';
