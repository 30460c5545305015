/** The compiled kernels as files, without the runtime of src/: a fresh module and memory for every call. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { InferKernels } from '../../build/kernels/infer.js';
import type { TrainKernels } from '../../build/kernels/train.js';

export type Kernels = InferKernels & TrainKernels;

/** Every kernel that JavaScript calls; row functions of the sparse product are exported for V8's sake only. */
export type KernelName = Exclude<keyof Kernels, `spmm_csr${number}_row_f32`>;

export const TARGETS = ['simd', 'debug'] as const;
export type Target = (typeof TARGETS)[number];

/** One build of both modules over one memory. */
export interface Build {
  readonly target: Target;
  readonly memory: WebAssembly.Memory;
  readonly kernels: Kernels;
}

/** Loads build/<target>/{infer,train}.wasm below the working directory. */
export function loadBuild(target: Target): Build {
  const memory = new WebAssembly.Memory({ initial: 16 });
  const abort = (): never => {
    throw new Error(`a kernel of build/${target} called abort()`);
  };
  const load = (name: string): WebAssembly.Exports => {
    const module = new WebAssembly.Module(readFileSync(resolve('build', target, `${name}.wasm`)));
    return new WebAssembly.Instance(module, { env: { memory, abort } }).exports;
  };
  return { target, memory, kernels: { ...load('infer'), ...load('train') } as unknown as Kernels };
}
