/** The inference kernels as a module, for those who need more of them than to call them. */
import { base64, type InferKernels } from '../../build/kernels/infer.js';
import { fromBase64 } from './base64.js';
import { type Engine, instantiate } from './engine.js';
import type { Memory } from './memory.js';

/** Bytes of the module. */
export function inferModule(): Uint8Array<ArrayBuffer> {
  return fromBase64(base64);
}

/** An engine over a memory that nobody else uses. */
export async function engineOver(memory: Memory): Promise<Engine> {
  return { build: 'simd', memory, kernels: await instantiate<InferKernels>(base64, memory) };
}
