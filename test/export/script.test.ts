import { beforeAll, describe, expect, test } from 'vitest';
import { exportModule, type Sequential } from '../../src/index.js';
import { imported, type Module, perceptron, samplesFor, scriptFor } from './support.js';

describe('the script', () => {
  let model: Sequential;
  let module: Module;
  beforeAll(async () => {
    model = await perceptron('a perceptron', 0.7);
    module = await scriptFor(model, { batch: 8 });
  });

  test('tells shapes and batch', () => {
    expect([module.inputShape, module.outputShape, module.batch]).toEqual([[24], [10], 8]);
  });

  test('fills an array that it is given, and takes no samples at all', () => {
    const x = samplesFor(model, 9);
    const out = new Float32Array(90);
    expect(module.run(x, out)).toBe(out);
    expect(out).toEqual(module.run(x));
    expect(module.run(new Float32Array(0))).toEqual(new Float32Array(0));
  });

  test('gives the same results when out lies over the samples', () => {
    const x = samplesFor(model, 9);
    const room = new Float32Array(190 + 90);
    room.set(x);
    const out = room.subarray(190); // the results of the first batch lie over the last sample
    expect(module.run(room.subarray(0, x.length), out)).toEqual(module.run(x));
  });

  test.each([
    [
      [new Float32Array(25)],
      'run: x must be a Float32Array of a multiple of 24 values, got Float32Array(25)',
    ],
    [
      [new Float64Array(24)],
      'run: x must be a Float32Array of a multiple of 24 values, got Float64Array(24)',
    ],
    [[[1, 2]], 'run: x must be a Float32Array of a multiple of 24 values, got an array'],
    [[undefined], 'run: x must be a Float32Array of a multiple of 24 values, got undefined'],
    [[null], 'run: x must be a Float32Array of a multiple of 24 values, got null'],
    [
      [new Float32Array(48), new Float32Array(10)],
      'run: out must be a Float32Array of 2 x 10 values, got Float32Array(10)',
    ],
  ])('refuses wrong lengths: %j', (args, message) => {
    const call = () => module.run(...(args as [Float32Array]));
    expect(call).toThrow(module.ModelError);
    expect(call).toThrow(expect.objectContaining({ code: 'SHAPE', message, name: 'ModelError' }));
  });

  test('can be loaded beforehand, as often as one likes', async () => {
    const { code } = await exportModule(model);
    const fresh = await imported(`${code}\n// fresh`);
    await Promise.all([fresh.load(), fresh.load()]);
    await fresh.load();
    const x = samplesFor(model, 2);
    expect(fresh.run(x)).toEqual(model.predict(x));
  });

  test('says what it needs where WebAssembly cannot be compiled', async () => {
    const { code } = await exportModule(model);
    const fresh = await imported(`${code}\n// without`);
    const { Module, instantiate } = WebAssembly;
    const refuse = function refuse() {
      throw new WebAssembly.CompileError('no code generation');
    };
    Object.assign(WebAssembly, { Module: refuse, instantiate: refuse });
    try {
      const wanted = expect.objectContaining({
        code: 'UNSUPPORTED',
        message: expect.stringMatching(/SIMD.*wasm-unsafe-eval.*no code/),
      });
      expect(() => fresh.run(new Float32Array(24))).toThrow(wanted);
      await expect(fresh.load()).rejects.toThrow(wanted);
    } finally {
      Object.assign(WebAssembly, { Module, instantiate });
    }
    expect(fresh.run(new Float32Array(24)).length).toBe(10);
  });

  test('names every word of TypeScript that its declarations promise', async () => {
    const { types } = await exportModule(model, { batch: 8 });
    const names = [...types.matchAll(/^export declare (?:const|class|function) (\w+)/gm)].map(
      ([, name]) => name!,
    );
    expect(names.sort()).toEqual(Object.keys(module).sort());
    expect(types).toContain('inputShape: readonly [24]');
  });

  test('holds nothing that could end a script element or a string', async () => {
    const { code } = await exportModule(model);
    const text = /const TEXT = '(.*)';/.exec(code)![1]!;
    expect(text).toMatch(/^[!#%&()*+,\-./0-9:;=>?@A-Z[\]^_a-z{|}~]+$/);
    expect(code).not.toContain('</');
  });
});
