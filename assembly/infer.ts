/** Kernels that inference needs: the ABI of build/<target>/infer.wasm. */

export { gelu_f32, leaky_relu_f32, relu_f32, sigmoid_f32, tanh_f32 } from './kernels/activations_f32';
export { add_f32 } from './kernels/add_f32';
export { affine_f32 } from './kernels/affine_f32';
export { conv_block2_f32, conv_block2_points, conv_block4_f32 } from './kernels/conv_block_f32';
export { conv_csr_f32, conv_csr_groups_f32 } from './kernels/conv_csr_f32';
export { conv_csr_points4, conv_csr_rows4 } from './kernels/conv_csr_rows_f32';
export { conv_dense_f32, conv_dense_few } from './kernels/conv_dense_f32';
export { conv_depthwise3_column, conv_depthwise3_f32 } from './kernels/conv_depthwise3_f32';
export { conv_gather_each, conv_gather_four, conv_gather_halves } from './kernels/conv_gather_f32';
export {
  conv_block2_panels_f32,
  conv_block4_panels_f32,
  conv_csr_panels_f32,
} from './kernels/conv_panels_f32';
export { conv_crop_f32, conv_stage_f32 } from './kernels/conv_stage_f32';
export { count_nonzero_f32 } from './kernels/count_nonzero_f32';
export { crc32c, crc32c_tables } from './kernels/crc32c';
export {
  count_blocks_csr,
  csr_count_columns,
  csr_from_dense_f32,
  csr_from_entries_f32,
  csr_mark_columns,
  csr_part_f32,
  csr_to_dense_f32,
} from './kernels/csr_f32';
export { gemm_f32, gemm_rows4, gemm_rows4_strided } from './kernels/gemm_f32';
export { gemm_far_f32, gemm_far_panel, gemm_pack_far_f32 } from './kernels/gemm_far_f32';
export {
  gemm_pack_f32,
  gemm_packed_f32,
  gemm_packed_narrow,
  gemm_packed_panel,
  gemm_packed_strided,
} from './kernels/gemm_packed_f32';
export {
  gemv_columns_f32,
  gemv_columns_listed4,
  gemv_columns_listed16,
  gemv_columns_listed32,
  gemv_columns_rows4,
  gemv_columns_rows16,
  gemv_columns_rows32,
} from './kernels/gemv_columns_f32';
export { gemv_f32 } from './kernels/gemv_f32';
export { is_full_f32 } from './kernels/is_full_f32';
export { list_bits } from './kernels/list_bits';
export { list_nonzero_f32 } from './kernels/list_nonzero_f32';
export { count_nonfinite_f32 } from './kernels/mask_f32';
export { pack_sell4_f32 } from './kernels/pack_sell4_f32';
export { peak_f32 } from './kernels/peak_f32';
export { avg_pool_f32, max_pool_f32 } from './kernels/pool_f32';
export { softmax_f32 } from './kernels/softmax_f32';
export {
  spmm_block2_f32,
  spmm_block2_rows,
  spmm_block4_f32,
  spmm_block4_rows,
} from './kernels/spmm_block_f32';
export { spmm_csr16_f32, spmm_csr16_rows, spmm_csr32_f32, spmm_csr32_rows } from './kernels/spmm_csr_f32';
export { spmm_groups4_f32, spmm_groups8_f32, spmm_pair8, spmm_quads4 } from './kernels/spmm_groups_f32';
export { spmm_nm_f32 } from './kernels/spmm_nm_f32';
export { spmv_block4_f32 } from './kernels/spmv_block4_f32';
export { spmv_block8_f32 } from './kernels/spmv_block8_f32';
export { spmv_csc_f32, spmv_csc4_f32 } from './kernels/spmv_csc_f32';
export { spmv_1of4_f32, spmv_2of4_f32, spmv_2of8_f32 } from './kernels/spmv_nm_f32';
export { spmv_sell4_f32, spmv_sell4_wide_f32 } from './kernels/spmv_sell4_f32';
export { threshold_f32 } from './kernels/threshold_f32';
export { tile_f32, tile_gather_f32, transpose_rows4, untile_f32 } from './kernels/tile_f32';
