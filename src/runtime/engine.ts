/** One engine: a memory and the kernels that work in it. */
import { base64, type InferKernels } from '../../build/kernels/infer.js';
import { UnsupportedError } from '../errors.js';
import { fromBase64 } from './base64.js';
import { Memory } from './memory.js';
import { hasSimd, probe } from './probe.js';

/**
 * Builds of the kernels: `simd` gives the same bits everywhere; `relaxed` may fuse multiplications with additions,
 * which is faster where the processor can, and gives other bits on other machines.
 */
export type BuildName = 'simd' | 'relaxed';

/** A memory with the inference kernels. Everything of one page or process shares one engine. */
export interface Engine {
  readonly build: BuildName;
  readonly memory: Memory;
  readonly kernels: InferKernels;
}

/** Compiles a module and binds it to the engine's memory. */
export async function instantiate<Kernels>(text: string, memory: Memory): Promise<Kernels> {
  if (!hasSimd()) {
    throw new UnsupportedError(
      'espalier: WebAssembly SIMD is needed (Node >= 16.4, Chrome 91, Firefox 89, Safari 16.4), got an engine without it',
    );
  }
  const bytes = fromBase64(text);
  const imports = { env: { memory: memory.wasm } };
  // Pages must not compile on their main thread; elsewhere doing so at once saves the wait for a background thread.
  const { exports } =
    typeof document === 'object'
      ? (await WebAssembly.instantiate(bytes, imports)).instance
      : new WebAssembly.Instance(new WebAssembly.Module(bytes), imports);
  return exports as Kernels;
}

/** A new engine with a memory of its own. */
export async function createEngine(): Promise<Engine> {
  const memory = new Memory();
  return { build: 'simd', memory, kernels: await instantiate<InferKernels>(base64, memory) };
}

let shared: Promise<Engine> | undefined;
let ready: Engine | null = null;

/** The engine that everything shares, made at the first call. */
export function sharedEngine(): Promise<Engine> {
  shared ??= createEngine().then(
    (engine) => {
      ready = engine;
      return engine;
    },
    (error: unknown) => {
      shared = undefined; // the next call tries anew
      throw error;
    },
  );
  return shared;
}

/** The same if it has been made, without a wait. */
export function sharedNow(): Engine | null {
  return ready;
}

let relaxed: Promise<Engine> | undefined;

/** As sharedEngine, over the same memory, with the relaxed build; the plain one where relaxed SIMD is missing. */
export async function relaxedEngine(): Promise<Engine> {
  const plain = await sharedEngine();
  if (!probe().relaxedSimd) return plain;
  relaxed ??= import('../../build/kernels/infer.relaxed.js')
    .then(async (module): Promise<Engine> => {
      const kernels = await instantiate<InferKernels>(module.base64, plain.memory);
      return { build: 'relaxed', memory: plain.memory, kernels };
    })
    .catch((error: unknown) => {
      relaxed = undefined; // the next call tries anew
      throw error;
    });
  return relaxed;
}
