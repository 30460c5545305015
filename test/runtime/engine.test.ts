import { afterEach, describe, expect, test, vi } from 'vitest';
import { encoded } from '../../build/kernels/infer.js';
import { MemoryError, UnsupportedError } from '../../src/errors.js';
import { createEngine, sharedEngine } from '../../src/runtime/engine.js';
import { Memory } from '../../src/runtime/memory.js';
import { instantiate } from '../../src/runtime/modules.js';
import { probe } from '../../src/runtime/probe.js';
import { pruneKernels } from '../../src/runtime/pruneKernels.js';
import { trainKernels } from '../../src/runtime/trainKernels.js';

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

/** Takes away Node's way to its own modules, as in browsers and in Node 20.0 to 20.15. */
function withoutBuiltins(): void {
  vi.stubGlobal('process', { ...process, getBuiltinModule: undefined });
}

describe('probe', () => {
  test('finds SIMD in this Node, and answers with booleans', () => {
    expect(probe().simd).toBe(true);
    expect(typeof probe().relaxedSimd).toBe('boolean');
  });

  test('finds nothing where there is no WebAssembly', () => {
    vi.stubGlobal('WebAssembly', undefined);
    expect(probe()).toEqual({ simd: false, relaxedSimd: false });
  });

  test('an engine is refused with UnsupportedError where there is no WebAssembly at all', async () => {
    vi.stubGlobal('WebAssembly', undefined);
    await expect(createEngine()).rejects.toThrow(UnsupportedError);
    await expect(createEngine()).rejects.toThrow(/WebAssembly SIMD is needed/);
  });

  test('instantiation is refused with UnsupportedError where SIMD is missing', async () => {
    vi.spyOn(WebAssembly, 'validate').mockReturnValue(false);
    await expect(instantiate('infer', encoded, new Memory(1))).rejects.toThrow(UnsupportedError);
    await expect(instantiate('infer', encoded, new Memory(1))).rejects.toThrow(/SIMD is needed .*got/);
  });
});

describe('a policy that forbids WebAssembly', () => {
  test.each([
    [
      'Chromium',
      "WebAssembly.Module(): Refused to compile because 'unsafe-eval' is not an allowed source of script in the " +
        'following Content Security Policy directive: "script-src \'self\'"',
    ],
    ['Firefox', 'call to WebAssembly.Module() blocked by CSP'],
  ])('is named, with what to add to it, in the words of %s', async (_, message) => {
    const refused = new WebAssembly.CompileError(message);
    vi.spyOn(WebAssembly, 'Module').mockImplementation(function refuse() {
      throw refused;
    });
    await expect(instantiate('infer', encoded, new Memory(16))).rejects.toThrow(UnsupportedError);
    await expect(instantiate('infer', encoded, new Memory(16))).rejects.toThrow(
      /Content-Security-Policy must allow WebAssembly; add 'wasm-unsafe-eval' to its script-src, got/,
    );
  });
});

describe('engine', () => {
  test('is shared, and its training kernels are loaded once', async () => {
    const engine = await sharedEngine();
    expect(await sharedEngine()).toBe(engine);
    expect(await trainKernels(engine)).toBe(await trainKernels(engine));
  });

  test('gets its other kernels at the next call when there was no memory at the first', async () => {
    const engine = await createEngine();
    vi.spyOn(engine.memory, 'allocate').mockImplementationOnce(() => {
      throw new MemoryError('no memory');
    });
    await expect(pruneKernels(engine)).rejects.toThrow(MemoryError);
    expect(await pruneKernels(engine)).toBe(await pruneKernels(engine));
  });

  test('of its own has memory of its own', async () => {
    const [a, b] = [await createEngine(), await createEngine()];
    a.memory.allocate(64).u8().fill(1);
    expect(a.memory).not.toBe(b.memory);
    expect(b.memory.liveBytes).toBe(0);
  });

  test('comes up without process.getBuiltinModule', async () => {
    withoutBuiltins();
    const { memory, kernels } = await createEngine();
    const block = memory.allocate(16);
    block.f32().set([-1, 2, Number.NaN, -0]);
    kernels.relu_f32(block.address, block.address, 4);
    expect([...block.f32(3)]).toEqual([0, 2, Number.NaN]);
  });
});
