/** The compiled kernels as files, without the runtime of src/: a fresh module and memory for every call. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { InferKernels } from '../../build/kernels/infer.js';
import type { PruneKernels } from '../../build/kernels/prune.js';
import type { TrainKernels } from '../../build/kernels/train.js';

export type Kernels = InferKernels & TrainKernels & PruneKernels;

/** Parts of kernels, exported only so that the optimizer leaves them apart. They run inside those kernels. */
export const INTERNAL = [
  'axpy_f64',
  'cholesky_rows4',
  'conv_block2_points',
  'conv_csr_points4',
  'conv_csr_rows4',
  'conv_dense_few',
  'conv_depthwise3_column',
  'conv_gather_each',
  'conv_gather_four',
  'conv_gather_halves',
  'conv_input_panel',
  'conv_nn_panel',
  'conv_nn_panels4',
  'conv_sddmm_four',
  'conv_tn_panel',
  'conv_tn_panels4',
  'conv_weight_eight',
  'conv_weight_nine',
  'gemm_fives_listed',
  'gemm_far_panel',
  'gemm_packed_narrow',
  'gemm_packed_panel',
  'gemm_packed_strided',
  'gemm_rows4',
  'gemm_rows4_listed',
  'gemm_rows4_strided',
  'gemv_columns_listed4',
  'gemv_columns_listed16',
  'gemv_columns_listed32',
  'gemv_columns_rows4',
  'gemv_columns_rows16',
  'gemv_columns_rows32',
  'gram_block_f64',
  'pack_columns16',
  'pack_rows5',
  'pack_samples5',
  'sddmm_pair16',
  'sddmm_quad8',
  'sddmm_rows32',
  'sddmm_row8',
  'spmm_block2_rows',
  'spmm_block4_rows',
  'spmm_csr16_rows',
  'spmm_csr32_rows',
  'spmm_nn_pair16',
  'spmm_nn_quad8',
  'spmm_nn_rows32',
  'spmm_nn_row8',
  'spmm_pair8',
  'spmm_quads4',
  'spmm_tn_pair16',
  'spmm_tn_quad8',
  'spmm_tn_rows32',
  'spmm_tn_row8',
  'transpose_rows4',
  'upsample_columns16',
] as const satisfies readonly (keyof Kernels)[];

/** Every kernel that JavaScript calls. */
export type KernelName = Exclude<keyof Kernels, (typeof INTERNAL)[number]>;

/** Builds that give the same bits. */
export const TARGETS = ['simd', 'debug'] as const;
export type Target = (typeof TARGETS)[number] | 'relaxed';

/** One build of all modules over one memory. */
export interface Build {
  readonly target: Target;
  readonly memory: WebAssembly.Memory;
  readonly kernels: Kernels;
}

/** Loads build/<target>/{infer,train,prune}.wasm below the working directory. `relaxed` needs a runtime that has relaxed SIMD. */
export function loadBuild(target: Target): Build {
  const memory = new WebAssembly.Memory({ initial: 16 });
  const abort = (): never => {
    throw new Error(`a kernel of build/${target} called abort()`);
  };
  const load = (name: string): WebAssembly.Exports => {
    const module = new WebAssembly.Module(readFileSync(resolve('build', target, `${name}.wasm`)));
    return new WebAssembly.Instance(module, { env: { memory, abort } }).exports;
  };
  // There is no relaxed build of the kernels of training and pruning.
  const others = target === 'relaxed' ? {} : { ...load('train'), ...load('prune') };
  return { target, memory, kernels: { ...load('infer'), ...others } as unknown as Kernels };
}
