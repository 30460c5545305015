/** One engine: a memory and the kernels that work in it. */
import { encoded, type InferKernels } from '../../build/kernels/infer.js';
import { OptionError } from '../errors.js';
import { Memory } from './memory.js';
import { expectSimd, instantiate, perEngine, providedModule } from './modules.js';
import { probe } from './probe.js';

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
  /** True where what is compiled goes to a file: bytes count for more than speed. */
  readonly compact?: boolean;
}

/** A new engine, with a memory of its own or over one that nobody else uses. */
export async function createEngine(given?: Memory): Promise<Engine> {
  expectSimd(); // before the memory: there may be no WebAssembly at all
  const memory = given ?? new Memory();
  return { build: 'simd', memory, kernels: await instantiate<InferKernels>('infer', encoded, memory) };
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

const relaxedKernels = /* @__PURE__ */ perEngine<InferKernels>('relaxed', encoded);
let relaxed: Engine | undefined;

/**
 * As sharedEngine, over the same memory, with the relaxed build, which loadKernels() must have brought; the plain one where
 * relaxed SIMD is missing. Throws OptionError without that build.
 */
export async function relaxedEngine(): Promise<Engine> {
  const plain = await sharedEngine();
  if (!probe().relaxedSimd) return plain;
  if (!providedModule('relaxed')) {
    throw new OptionError(
      "espalier: relaxed needs its kernels: await loadKernels({ relaxed: address of 'espalier/kernels-relaxed.wasm' }) " +
        'first, got none',
    );
  }
  const kernels = await relaxedKernels(plain);
  relaxed ??= { build: 'relaxed', memory: plain.memory, kernels };
  return relaxed;
}
