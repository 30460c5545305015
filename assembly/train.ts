/** Kernels that training and pruning need on top: the ABI of build/<target>/train.wasm. */

export {
  gelu_grad_f32,
  leaky_relu_grad_f32,
  relu_grad_f32,
  sigmoid_grad_f32,
  tanh_grad_f32,
} from './kernels/activation_grads_f32';
export { adam_f32 } from './kernels/adam_f32';
export { batch_norm_f32, batch_norm_running_f32 } from './kernels/batch_norm_f32';
export { batch_norm_frozen_grad_f32, batch_norm_grad_f32 } from './kernels/batch_norm_grads_f32';
export { collect_absent_f32 } from './kernels/blocks_absent_f32';
export {
  blocks_from_mask,
  blocks_from_positions,
  blocks_insert,
  blocks_mask,
  blocks_positions,
  blocks_select,
} from './kernels/blocks_structure';
export {
  blocks_carry_f32,
  blocks_gather_f32,
  blocks_scatter_f32,
  blocks_scores_f32,
  blocks_select_f32,
  blocks_uniform_f32,
} from './kernels/blocks_values_f32';
export {
  conv_input_grad_f32,
  conv_input_panel,
  conv_pack_transposed_f32,
} from './kernels/conv_input_grad_f32';
export { conv_nn_csr_f32, conv_nn_panel, conv_nn_panels4 } from './kernels/conv_nn_csr_f32';
export { conv_sddmm_csr_f32, conv_sddmm_four } from './kernels/conv_sddmm_csr_f32';
export { conv_tn_csr_f32, conv_tn_panel, conv_tn_panels4 } from './kernels/conv_tn_csr_f32';
export { conv_unstage_f32 } from './kernels/conv_unstage_f32';
export { conv_weight_eight, conv_weight_nine } from './kernels/conv_weight_blocks_f32';
export { conv_weight_grad_f32 } from './kernels/conv_weight_grad_f32';
export { dropout_f32 } from './kernels/dropout_f32';
export {
  column_dots_f32,
  column_mask,
  hard_concrete_f32,
  hard_concrete_grad_f32,
  hard_concrete_mean_f32,
  logit_f32,
  scale_columns_f32,
} from './kernels/gates_f32';
export { gemm_fives_listed, pack_rows5 } from './kernels/gemm_fives_f32';
export { gemm_nt_f32 } from './kernels/gemm_nt_f32';
export { gemm_packed_panel } from './kernels/gemm_packed_f32';
export { gemm_rows4_listed, gemm_skip_f32 } from './kernels/gemm_skip_f32';
export { gemm_tn_f32, pack_columns16, pack_samples5 } from './kernels/gemm_tn_f32';
export {
  binary_cross_entropy_f32,
  mean_squared_error_f32,
  soft_cross_entropy_f32,
  softmax_cross_entropy_f32,
} from './kernels/losses_f32';
export {
  abs_f32,
  count_nonfinite_f32,
  mask_apply_f32,
  mask_copy_f32,
  mask_count,
  mask_merge_f32,
  mask_revived,
} from './kernels/mask_f32';
export { count_correct_f32 } from './kernels/metrics_f32';
export { movement_f32 } from './kernels/movement_f32';
export { decay_pruned_f32, nm_mask_f32 } from './kernels/nm_mask_f32';
export { panels_from_tiles_f32, tiles_from_panels_f32 } from './kernels/panels_f32';
export { avg_pool_grad_f32, max_pool_grad_f32, max_pool_pick_f32 } from './kernels/pool_grads_f32';
export { random_uniform_f32 } from './kernels/random_f32';
export { row_sums_f32 } from './kernels/reduce_f32';
export { sddmm_block2_f32, sddmm_block4_f32, sddmm_pair16, sddmm_quad8 } from './kernels/sddmm_block_f32';
export { sddmm_csr_f32, sddmm_row8, sddmm_rows32 } from './kernels/sddmm_csr_f32';
export { sgd_f32 } from './kernels/sgd_f32';
export { softmax_grad_f32 } from './kernels/softmax_grad_f32';
export { biased_abs_f32, splice_f32 } from './kernels/splice_f32';
export {
  spmm_nn_block2_f32,
  spmm_nn_block4_f32,
  spmm_nn_pair16,
  spmm_nn_quad8,
} from './kernels/spmm_nn_block_f32';
export { spmm_nn_csr_f32, spmm_nn_row8, spmm_nn_rows32 } from './kernels/spmm_nn_csr_f32';
export {
  spmm_tn_block2_f32,
  spmm_tn_block4_f32,
  spmm_tn_pair16,
  spmm_tn_quad8,
} from './kernels/spmm_tn_block_f32';
export { spmm_tn_csr_f32, spmm_tn_row8, spmm_tn_rows32 } from './kernels/spmm_tn_csr_f32';
export { threshold_grad_f32, threshold_mask_f32 } from './kernels/trainable_threshold_f32';
export { gaussian_phases_f32, upsample_columns16, upsample_rows_f32 } from './kernels/upsample_f32';
export { warp_f32 } from './kernels/warp_f32';
