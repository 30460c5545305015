/** Compiled kernel modules: from the text inside this package, or from what loadKernels() was given. */
import { decoder } from '../../build/kernels/decode.js';
import { UnsupportedError } from '../errors.js';
import type { Memory } from './memory.js';
import { hasSimd } from './probe.js';
import { type EncodedBytes, TABLE_BYTES, tableOf } from './textCodec.js';

/** The modules: inference, the same with relaxed SIMD, training, pruning by data. */
export const MODULE_NAMES = ['infer', 'relaxed', 'train', 'prune'] as const;
export type ModuleName = (typeof MODULE_NAMES)[number];

const provided = new Map<ModuleName, WebAssembly.Module>();
const used = new Set<ModuleName>();

/** Compiled modules that are used instead of the text in this package. */
export function provideModule(name: ModuleName, module: WebAssembly.Module): void {
  provided.set(name, module);
}

/** What was provided, if anything. */
export function providedModule(name: ModuleName): WebAssembly.Module | undefined {
  return provided.get(name);
}

/** True once something was instantiated under that name: too late to provide it. */
export function moduleInUse(name: ModuleName): boolean {
  return used.has(name);
}

/** Throws UnsupportedError where the kernels cannot run. */
export function expectSimd(): void {
  if (hasSimd()) return;
  throw new UnsupportedError(
    'espalier: WebAssembly SIMD is needed (Node >= 16.4, Chrome 91, Firefox 89, Safari 16.4), got an engine without it',
  );
}

/** How Chromium and Safari (by the policy's words) and Firefox ("blocked by CSP") say that a policy forbids it. */
const FORBIDDEN = /content security policy|unsafe-eval|\bCSP\b/i;

/** Says what to do when a page's policy forbids WebAssembly; any other error is given back as it is. */
export function explained(error: unknown): unknown {
  if (!(error instanceof Error) || !FORBIDDEN.test(error.message)) return error;
  return new UnsupportedError(
    "espalier: the page's Content-Security-Policy must allow WebAssembly; add 'wasm-unsafe-eval' to its " +
      `script-src, got ${error.message}`,
    { cause: error },
  );
}

type Decode = (out: number, text: number, end: number, table: number) => number;
let small: WebAssembly.Module | undefined;

/** The bytes of a module, decoded in `memory`. */
export function bytesOf({ singles, text }: EncodedBytes, memory: Memory): Uint8Array<ArrayBuffer> {
  small ??= new WebAssembly.Module(new Uint8Array(decoder));
  const decode = new WebAssembly.Instance(small, { env: { memory: memory.wasm } }).exports.decode as Decode;
  const block = memory.allocate(TABLE_BYTES + 2 * text.length, false);
  const [at, end] = [block.address + TABLE_BYTES, block.address + TABLE_BYTES + text.length];
  const all = block.u8();
  all.set(tableOf(singles));
  new TextEncoder().encodeInto(text, all.subarray(TABLE_BYTES));
  const length = decode(end, at, end, block.address) - end;
  const bytes = all.slice(TABLE_BYTES + text.length, TABLE_BYTES + text.length + length);
  block.free();
  return bytes;
}

/** Binds a module to a memory: the provided one, or the one in `encoded`. */
export async function instantiate<Kernels>(
  name: ModuleName,
  encoded: EncodedBytes,
  memory: Memory,
): Promise<Kernels> {
  expectSimd();
  const imports = { env: { memory: memory.wasm } };
  const ready = provided.get(name);
  try {
    // Pages must not compile on their main thread; elsewhere doing so at once saves the wait for a background thread.
    const instance = ready
      ? await WebAssembly.instantiate(ready, imports)
      : typeof document === 'object'
        ? (await WebAssembly.instantiate(bytesOf(encoded, memory), imports)).instance
        : new WebAssembly.Instance(new WebAssembly.Module(bytesOf(encoded, memory)), imports);
    used.add(name);
    return instance.exports as Kernels;
  } catch (error) {
    throw explained(error);
  }
}

/** Kernels beside those of inference, by the engine whose memory they work in: made once; after a failure the next call tries anew. */
export function perEngine<Kernels>(
  name: ModuleName,
  encoded: EncodedBytes,
): (engine: { readonly memory: Memory }) => Promise<Kernels> {
  const made = new WeakMap<object, Promise<Kernels>>();
  return (engine) => {
    let kernels = made.get(engine);
    if (!kernels) {
      kernels = instantiate<Kernels>(name, encoded, engine.memory).catch((error: unknown) => {
        made.delete(engine);
        throw error;
      });
      made.set(engine, kernels);
    }
    return kernels;
  };
}
