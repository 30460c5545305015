import { beforeAll, describe, expect, test } from 'vitest';
import { callsOf } from '../../src/export/wasm/instructions.js';
import { readKernels } from '../../src/export/wasm/kernelModule.js';
import { Reader } from '../../src/export/wasm/reader.js';
import {
  createExitSession,
  createSession,
  DisposedError,
  dense,
  exportModule,
  OptionError,
  type Sequential,
  sequential,
} from '../../src/index.js';
import { inferModule } from '../../src/runtime/inferModule.js';
import { imageModel } from '../session/imageNetworks.js';
import { perceptron, samplesFor } from './support.js';

/** Sections of a module by their number. */
function sectionsOf(bytes: Uint8Array): Map<number, Uint8Array> {
  const reader = new Reader(bytes, 8);
  const sections = new Map<number, Uint8Array>();
  while (!reader.done) {
    const id = reader.byte();
    sections.set(id, reader.take(reader.unsigned()));
  }
  return sections;
}

/** Function bodies of a module. */
function bodiesOf(bytes: Uint8Array): Uint8Array[] {
  const code = new Reader(sectionsOf(bytes).get(10)!);
  return code.vector(() => code.take(code.unsigned()));
}

/** Functions that are called from function `first`, itself included. */
function reachable(bodies: readonly Uint8Array[], first: number): Set<number> {
  const seen = new Set<number>();
  const visit = (number: number): void => {
    if (seen.has(number)) return;
    seen.add(number);
    for (const { target } of callsOf(bodies[number]!)) visit(target);
  };
  visit(first);
  return seen;
}

describe('the WebAssembly module', () => {
  test('imports nothing, and exports a memory, run and constants', async () => {
    const model = await imageModel('a small LeNet', 0.8);
    const { bytes, size } = await exportModule(model, { format: 'wasm', batch: 8 });
    const module = new WebAssembly.Module(bytes);
    expect(WebAssembly.Module.imports(module)).toEqual([]);
    expect(WebAssembly.Module.exports(module)).toEqual([
      { name: 'run', kind: 'function' },
      { name: 'memory', kind: 'memory' },
      ...['input', 'output', 'inputs', 'outputs', 'batch'].map((name) => ({ name, kind: 'global' })),
    ]);
    const { exports } = new WebAssembly.Instance(module);
    const { memory, inputs, outputs, batch } = exports as Record<string, WebAssembly.Global> & {
      memory: WebAssembly.Memory;
    };
    expect([inputs!.value, outputs!.value, batch!.value]).toEqual([144, 4, 8]);
    expect(memory.buffer.byteLength).toBe(size.memoryBytes);
    expect(() => memory.grow(1)).toThrow(RangeError);
    const [note] = WebAssembly.Module.customSections(module, 'espalier');
    expect(JSON.parse(new TextDecoder().decode(note))).toEqual({
      inputShape: [1, 12, 12],
      outputShape: [4],
      batch: 8,
    });
    model.dispose();
  });

  test.each([1, 8, 70])('holds only functions that run calls, batches of %d', async (batch) => {
    for (const model of [
      await imageModel('groups and depthwise', 0.6),
      await perceptron('a perceptron', 0.9),
    ]) {
      const { bytes, size } = await exportModule(model, { format: 'wasm', batch });
      const bodies = bodiesOf(bytes);
      expect(bodies.length).toBe(size.functions);
      expect(reachable(bodies, bodies.length - 1).size).toBe(bodies.length);
      expect(bodies.length).toBeLessThan(readKernels(inferModule()).functions.length / 2);
      model.dispose();
    }
  });

  test('of a batch of a thousand samples has no code for each', async () => {
    const model = await perceptron('a perceptron', 0.9);
    const one = await exportModule(model, { format: 'wasm', batch: 64 });
    const many = await exportModule(model, { format: 'wasm', batch: 1024 });
    expect(many.size.codeBytes - one.size.codeBytes).toBeLessThan(16);
    const [few, single] = await Promise.all(
      [64, 1024].map((batch) => exportModule(model, { format: 'wasm', batch, kernels: 'columns' })),
    );
    expect(single!.size.codeBytes - few!.size.codeBytes).toBeLessThan(16);
    model.dispose();
  });

  test('tells the sizes of its parts', async () => {
    const model = await sequential({ inputShape: [64], seed: 1 }, [dense(32)]);
    const { bytes, size } = await exportModule(model, { format: 'wasm' });
    expect(size).toMatchObject({
      bytes: bytes.length,
      wasmBytes: bytes.length,
      kernels: ['gemv_columns_f32'],
    });
    expect(size.weightBytes).toBeGreaterThan(64 * 32 * 4);
    expect(size.weightBytes).toBeLessThan(64 * 32 * 4 + 64);
    expect(size.codeBytes + size.weightBytes).toBeLessThan(bytes.length);
    const script = await exportModule(model);
    expect(script.size).toMatchObject({ bytes: script.code.length, wasmBytes: bytes.length });
    model.dispose();
  });
});

describe('the kernels', () => {
  test('can be walked through to the last instruction, and call only what there is', () => {
    const { functions, exports } = readKernels(inferModule());
    const targets = functions.flatMap(({ body }) => callsOf(body).map(({ target }) => target));
    expect(targets.length).toBeGreaterThan(20);
    expect(Math.max(...targets)).toBeLessThan(functions.length);
    expect(exports.get('spmv_sell4_f32')).toBeDefined();
  });

  test.each([
    ['an indirect call', [0, 0x11, 0, 0, 0x0b], /0x11/],
    ['a global', [0, 0x23, 0, 0x0b], /0x23/],
    ['memory.grow', [0, 0x40, 0, 0x0b], /0x40/],
    ['a relaxed vector instruction', [0, 0xfd, 0x85, 0x02, 0x0b], /0xfd 261/],
    ['a table instruction', [0, 0xfc, 12, 0, 0, 0x0b], /0xfc 12/],
    ['a block with parameters', [0, 0x02, 0, 0x0b, 0x0b], /a block of type 0/],
    ['an end in the midst', [0, 0x43, 0, 0x10], /an end in their midst/],
  ])('with %s would be refused', (_, body, message) => {
    expect(() => callsOf(Uint8Array.from(body))).toThrow(message);
  });

  test('with a data section would be refused', () => {
    const bytes = Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 11, 1, 0]);
    expect(() => readKernels(bytes)).toThrow(
      'must be made of types, an imported memory, functions and exports, got section 11',
    );
  });
});

describe('exportModule', () => {
  let model: Sequential;
  beforeAll(async () => {
    model = await perceptron('a perceptron', 0.7);
  });

  test('gives the same bytes every time, also after training memory has moved', async () => {
    const first = await exportModule(model, { batch: 8 });
    const other = await sequential({ inputShape: [200], seed: 1 }, [dense(300)]);
    const session = await createSession(other);
    expect(await exportModule(model, { batch: 8 })).toEqual(first);
    const again = await perceptron('a perceptron', 0.7);
    expect((await exportModule(again, { batch: 8 })).code).toBe(first.code);
    for (const each of [session, other, again]) each.dispose();
  });

  test('leaves the model and the memory that all share as they were', async () => {
    const x = samplesFor(model, 4);
    const before = model.predict(x);
    await exportModule(model, { format: 'wasm', batch: 32 });
    expect(model.predict(x)).toEqual(before);
  });

  test.each([
    [{ format: 'json' }, /exportModule: format must be one of js, wasm, got "json"/],
    [{ batch: 0 }, /exportModule: batch must be a whole number >= 1, got 0/],
    [{ kernels: 'crs' }, /kernels must be one of .*did you mean "csr"/],
    [{ activationThreshold: -1 }, /activationThreshold must be/],
    [
      { relaxed: true },
      /option must be one of format, batch, kernels, activationThreshold, skipZeros, got "relaxed"/,
    ],
    [{ skipZeros: 1 }, /skipZeros must be true or false, got 1/],
    [{ exits: [] }, /option must be one of .*got "exits"/],
    [null, /options must be an object/],
  ])('refuses %j', async (options, message) => {
    const call = exportModule(model, options as never);
    await expect(call).rejects.toThrow(OptionError);
    await expect(call).rejects.toThrow(message);
  });

  test('refuses what is no model: a session, one with exits, a disposed model', async () => {
    const session = await createSession(model);
    const head = await sequential({ inputShape: [33], seed: 1 }, [dense(10)]);
    const withExits = await createExitSession(model, { exits: [{ after: 'relu1', head, margin: 0.5 }] });
    for (const other of [session, withExits, undefined, new Uint8Array(4)]) {
      await expect(exportModule(other as never)).rejects.toThrow(
        /model must come from sequential\(\) or loadModel\(\)/,
      );
    }
    head.dispose();
    await expect(exportModule(head)).rejects.toThrow(DisposedError);
    session.dispose();
    withExits.dispose();
  });
});
