/** Kernels that training and pruning need on top: the ABI of build/<target>/train.wasm. */

export {
  gelu_grad_f32,
  leaky_relu_grad_f32,
  relu_grad_f32,
  sigmoid_grad_f32,
  tanh_grad_f32,
} from './kernels/activation_grads_f32';
export { adam_f32 } from './kernels/adam_f32';
export { dropout_f32 } from './kernels/dropout_f32';
export { gemm_rows4 } from './kernels/gemm_f32';
export { gemm_nt_f32 } from './kernels/gemm_nt_f32';
export { gemm_rows4_listed, gemm_skip_f32 } from './kernels/gemm_skip_f32';
export { gemm_tn_columns4, gemm_tn_f32 } from './kernels/gemm_tn_f32';
export {
  binary_cross_entropy_f32,
  mean_squared_error_f32,
  softmax_cross_entropy_f32,
} from './kernels/losses_f32';
export {
  abs_f32,
  count_nonfinite_f32,
  mask_apply_f32,
  mask_count,
} from './kernels/mask_f32';
export { count_correct_f32 } from './kernels/metrics_f32';
export { random_uniform_f32 } from './kernels/random_f32';
export { row_sums_f32 } from './kernels/reduce_f32';
export { sgd_f32 } from './kernels/sgd_f32';
export { softmax_grad_f32 } from './kernels/softmax_grad_f32';
