/** Calls of one kernel with literal buffers. */
import { type Data, runGuarded } from './arena.js';
import type { Build, KernelName, Kernels } from './builds.js';

/** Calls a kernel with buffers by name; returns its outputs and its own result. */
export function call<Name extends KernelName>(
  build: Build,
  name: Name,
  inputs: Record<string, Data>,
  outputs: Record<string, Data>,
  args: (at: (buffer: string) => number) => Parameters<Kernels[Name]>,
) {
  const { result, outputs: after } = runGuarded(build, { name, inputs, outputs, args });
  return { result, ...after } as Record<string, Data> & { result: number };
}

export const f32 = (values: ArrayLike<number>): Float32Array => Float32Array.from(values);
