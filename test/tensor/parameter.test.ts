import { beforeAll, describe, expect, test } from 'vitest';
import { DataError, DisposedError, ShapeError } from '../../src/errors.js';
import { createEngine, type Engine } from '../../src/runtime/engine.js';
import { type TrainKernels, trainKernels } from '../../src/runtime/trainKernels.js';
import { Parameter } from '../../src/tensor/parameter.js';
import { expectMasked } from '../../src/tensor/parameterChecks.js';
import { expectShape, sameShape, showShape, sizeOf } from '../../src/tensor/shape.js';

let engine: Engine;
let kernels: TrainKernels;
beforeAll(async () => {
  engine = await createEngine();
  kernels = await trainKernels(engine);
});

const make = (role: 'weight' | 'bias' = 'weight') =>
  new Parameter(engine, kernels, 'dense1.weight', { role, shape: [2, 3], fanIn: 3, fanOut: 2 });

describe('Parameter', () => {
  test('begins dense and without a mask', () => {
    const parameter = make();
    expect(parameter.format).toBe('dense');
    expect(parameter.readMask()).toBeNull();
    expect(parameter.live).toBe(6);
  });

  test('hands out copies: writing into them changes nothing', () => {
    const parameter = make();
    parameter.write(Float32Array.of(1, 2, 3, 4, 5, 6));
    parameter.setMask(Uint8Array.of(1, 1, 1, 1, 1, 0));
    parameter.read().fill(9);
    parameter.readMask()!.fill(0);
    expect([...parameter.read()]).toEqual([1, 2, 3, 4, 5, 0]);
    expect(parameter.live).toBe(5);
  });

  test('a mask zeroes what it prunes, NaN included, and clearing it brings nothing back', () => {
    const parameter = make();
    parameter.write(Float32Array.of(1, Number.NaN, 3, 4, Infinity, 6));
    parameter.setMask(Uint8Array.of(1, 0, 1, 1, 0, 0));
    expect([...parameter.read()]).toEqual([1, 0, 3, 4, 0, 0]);
    expect(parameter.live).toBe(3);
    parameter.setMask(null);
    expect([...parameter.read()]).toEqual([1, 0, 3, 4, 0, 0]);
    expect(parameter.live).toBe(6);
  });

  test('refuses nonzeros under the mask, and keeps its values', () => {
    const parameter = make();
    parameter.write(Float32Array.of(1, 2, 3, 4, 5, 6));
    parameter.setMask(Uint8Array.of(1, 1, 0, 1, 1, 1));
    expect(() => parameter.write(Float32Array.of(9, 9, 9, 9, 9, 9))).toThrow(DataError);
    expect(() => parameter.write(Float32Array.of(9, 9, Number.NaN, 9, 9, 9))).toThrow(/got NaN at 2/);
    expect([...parameter.read()]).toEqual([1, 2, 0, 4, 5, 6]);
    parameter.write(Float32Array.of(9, 9, 0, 9, 9, 9));
    expect(parameter.read()[2]).toBe(0);
  });

  test('refuses values and masks of another length, and masks over biases', () => {
    expect(() => make().write(new Float32Array(5))).toThrow(ShapeError);
    expect(() => make().setMask(new Uint8Array(7))).toThrow(ShapeError);
    expect(() => make('bias').setMask(new Uint8Array(6))).toThrow(ShapeError);
  });

  test('masks hold only 0 and 1', () => {
    expect(() => expectMasked('here', new Float32Array(2), Uint8Array.of(1, 2))).toThrow(DataError);
    expect(() => expectMasked('here', new Float32Array(2), Uint8Array.of(1, 2))).toThrow(/got 2 at 1/);
  });

  test('gives values and mask back to the memory', () => {
    const before = engine.memory.liveBytes;
    const parameter = make();
    parameter.setMask(new Uint8Array(6));
    expect(engine.memory.liveBytes).toBeGreaterThan(before);
    parameter.free();
    parameter.free();
    expect(engine.memory.liveBytes).toBe(before);
    expect(() => parameter.read()).toThrow(DisposedError);
  });

  test('values and masks survive growth of the memory', () => {
    const parameter = make();
    parameter.write(Float32Array.of(1, 2, 3, 4, 5, 6));
    parameter.setMask(Uint8Array.of(1, 0, 1, 1, 0, 1));
    const total = engine.memory.totalBytes;
    engine.memory.allocate(total).free();
    expect(engine.memory.totalBytes).toBeGreaterThan(total);
    expect([...parameter.read()]).toEqual([1, 0, 3, 4, 0, 6]);
    expect([...parameter.readMask()!]).toEqual([1, 0, 1, 1, 0, 1]);
  });
});

describe('Parameter, stored sparse', () => {
  const start = { format: 'csr', positions: Uint32Array.of(0, 2, 4) } as const;
  const spec = { role: 'weight', shape: [2, 3], fanIn: 3, fanOut: 2 } as const;
  const sparse = () => {
    const parameter = new Parameter(engine, kernels, 'dense1.weight', spec, start);
    parameter.write(Float32Array.of(1, 0, 2, 0, 3, 0));
    return parameter;
  };

  test('begins with the connections given, and holds nothing else', () => {
    const parameter = sparse();
    expect([parameter.format, parameter.live, parameter.count, parameter.length]).toEqual(['csr', 3, 3, 6]);
    expect(parameter.pruned).toBe(true);
    expect([...parameter.view()]).toEqual([1, 2, 3]);
    expect([...parameter.readMask()!]).toEqual([1, 0, 1, 0, 1, 0]);
    expect(parameter.values()).toEqual({
      format: 'csr',
      rows: 2,
      cols: 3,
      height: 1,
      rowPtr: Uint32Array.of(0, 2, 3),
      colIdx: Uint32Array.of(0, 2, 1),
      values: Float32Array.of(1, 2, 3),
    });
    expect(parameter.bytes).toBe(12 + 12 + 12);
    parameter.free();
  });

  test('keeps columns of blocks together, top to bottom', () => {
    const parameter = make();
    parameter.write(Float32Array.of(1, 0, 2, 3, 0, 4));
    parameter.setMask(Uint8Array.of(1, 0, 1, 1, 0, 1));
    parameter.convert('block2');
    expect([...parameter.view()]).toEqual([1, 3, 2, 4]);
    parameter.convert('block4');
    expect([...parameter.view()]).toEqual([1, 3, 0, 0, 2, 4, 0, 0]);
    expect(parameter.live).toBe(4);
    parameter.free();
  });

  test('loses and gains connections, which begin at zero', () => {
    const parameter = sparse();
    const slot = parameter.attach();
    slot.write(Float32Array.of(7, 8, 9));
    parameter.rewire(Uint8Array.of(1, 0, 1), Uint32Array.of(1, 2));
    expect([...parameter.read()]).toEqual([1, 0, 0, 0, 3, 0]);
    expect([...parameter.readMask()!]).toEqual([1, 1, 1, 0, 1, 0]);
    expect([...slot.read()]).toEqual([7, 0, 0, 9]);
    parameter.prune(Uint8Array.of(0, 0, 1, 1));
    expect([...slot.read()]).toEqual([0, 9]);
    expect([...parameter.readMask()!]).toEqual([0, 0, 1, 0, 1, 0]);
    parameter.free();
  });

  test('hands out copies, refuses what is pruned, and is void after free', () => {
    const before = engine.memory.liveBytes;
    const parameter = sparse();
    parameter.read().fill(9);
    parameter.readMask()!.fill(0);
    (parameter.values().values as Float32Array).fill(9);
    expect([...parameter.read()]).toEqual([1, 0, 2, 0, 3, 0]);
    expect(() => parameter.write(Float32Array.of(1, 1, 2, 0, 3, 0))).toThrow(DataError);
    expect(() => parameter.write(new Float32Array(3))).toThrow(ShapeError);
    expect([...parameter.read()]).toEqual([1, 0, 2, 0, 3, 0]);
    parameter.attach();
    parameter.free();
    parameter.free();
    expect(engine.memory.liveBytes).toBe(before);
    expect(() => parameter.read()).toThrow(DisposedError);
  });
});

describe('shapes', () => {
  test('have sizes, text forms and comparisons', () => {
    expect(sizeOf([1, 28, 28])).toBe(784);
    expect(sizeOf([])).toBe(1);
    expect(showShape([1, 28, 28])).toBe('[1, 28, 28]');
    expect(sameShape([2, 3], [2, 3])).toBe(true);
    expect(sameShape([2, 3], [3, 2])).toBe(false);
    expect(sameShape([2, 3], [2, 3, 1])).toBe(false);
  });

  test('are refused unless they are whole numbers >= 1 of a size below 2^31', () => {
    for (const bad of [[], [0], [1.5], [-1], ['2'], 7, null, undefined, [2 ** 31], [2 ** 16, 2 ** 15]]) {
      expect(() => expectShape('sequential', 'inputShape', bad)).toThrow(
        /^sequential: inputShape must (be|make) .*got/,
      );
    }
    expect(expectShape('sequential', 'inputShape', [2, 3])).toEqual([2, 3]);
  });
});
