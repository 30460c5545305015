/** Float64 kernels of data-driven pruning: the ABI of build/<target>/prune.wasm. */

export {
  add_scaled_f64,
  add_squared_products_f64,
  add_unit_products_f64,
  perturb_f32,
  round_scaled_f32,
  scale_f32,
  sum_squares_f32,
} from './kernels/accumulate_f64';
export { add_activity_f64, add_square_sums_f64 } from './kernels/activity_f64';
export {
  axpy_f64,
  cholesky_f64,
  cholesky_invert_f64,
  cholesky_rows4,
  cholesky_solve_f64,
} from './kernels/cholesky_f64';
export {
  flow_backward_f64,
  flow_fold_f64,
  flow_forward_f64,
  flow_weights_f64,
  flow_windows_f64,
} from './kernels/flow_f64';
export { gather_lower_f64, gather_product_f64 } from './kernels/gather_f64';
export { gram_add_f64, gram_block_f64, gram_finish_f64, gram_pack_f64 } from './kernels/gram_f64';
export { obs_row_f64 } from './kernels/obs_f64';
export { add_row_distances_f64 } from './kernels/row_distances_f64';
export { sparsegpt_scores_f64, sparsegpt_update_f64 } from './kernels/sparsegpt_f64';
export { unfold_f32 } from './kernels/unfold_f32';
