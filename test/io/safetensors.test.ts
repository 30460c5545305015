import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DataError, FormatError, OptionError, ShapeError } from '../../src/errors.js';
import { decodeSafetensors, encodeSafetensors } from '../../src/io/safetensors.js';
import { bytesOf, elementBytes, type NamedTensor } from '../../src/io/tensors.js';
import { anyFile, fileOf } from './support.js';

const floats = (name: string, ...values: number[]): NamedTensor => ({
  name,
  dtype: 'F32',
  shape: [values.length],
  data: Float32Array.from(values),
});

const octets = (name: string, ...values: number[]): NamedTensor => ({
  name,
  dtype: 'U8',
  shape: [values.length],
  data: Uint8Array.from(values),
});

function expectSame(actual: NamedTensor | undefined, expected: NamedTensor): void {
  expect(actual?.dtype).toBe(expected.dtype);
  expect(actual?.shape).toEqual(expected.shape);
  expect(actual?.data.constructor).toBe(expected.data.constructor);
  expect(bytesOf(actual!.data)).toEqual(bytesOf(expected.data));
}

describe('writing and reading', () => {
  test('1,000 random files come back bit for bit and encode to the same bytes again', () => {
    const property = fc.property(anyFile, ({ tensors, metadata }) => {
      const bytes = encodeSafetensors(tensors, metadata);
      const file = decodeSafetensors(bytes);
      expect(file.tensors.size).toBe(tensors.length);
      for (const tensor of tensors) expectSame(file.tensors.get(tensor.name), tensor);
      expect(Object.entries(file.metadata).sort()).toEqual(Object.entries(metadata).sort());
      expect(encodeSafetensors([...file.tensors.values()], file.metadata)).toEqual(bytes);
    });
    fc.assert(property, { numRuns: 1000, seed: 21 });
  });

  test('the bytes are those of the published format', () => {
    const header = '{"__metadata__":{"k":"v"},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}';
    const padded = header.padEnd(Math.ceil(header.length / 8) * 8);
    const bytes = encodeSafetensors([floats('a', 1)], { k: 'v' });
    expect([...bytes.subarray(0, 8)]).toEqual([padded.length, 0, 0, 0, 0, 0, 0, 0]);
    expect(new TextDecoder().decode(bytes.subarray(8, -4))).toBe(padded);
    expect([...bytes.subarray(-4)]).toEqual([0, 0, 0x80, 0x3f]);
  });

  test('the data section and every tensor are aligned, whatever order they come in', () => {
    const list = [octets('z', 1, 2, 3), floats('b', 1), octets('a', 9), floats('a2', 5, 6)];
    const bytes = encodeSafetensors(list);
    expect(encodeSafetensors([...list].reverse())).toEqual(bytes);
    const begin = 8 + bytes[0]!;
    expect(begin % 8).toBe(0);
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, begin)));
    expect(Object.keys(header)).toEqual(['a2', 'b', 'a', 'z']);
    for (const { name, dtype } of list) expect(header[name].data_offsets[0] % elementBytes(dtype)).toBe(0);
  });

  test('input at any offset of its buffer is read, and nothing returned shares it', () => {
    const bytes = encodeSafetensors([floats('a', 1, 2, 3), octets('b', 7)]);
    for (let offset = 0; offset < 8; offset++) {
      const moved = new Uint8Array(bytes.length + 8).subarray(offset, offset + bytes.length);
      moved.set(bytes);
      const { tensors } = decodeSafetensors(moved);
      moved.fill(0);
      expectSame(tensors.get('a'), floats('a', 1, 2, 3));
      expectSame(tensors.get('b'), octets('b', 7));
    }
    const fromPool = decodeSafetensors(Buffer.from(bytes)).tensors.get('a')!;
    expect(fromPool.data.buffer.byteLength).toBe(12);
  });

  test('input in shared memory is read', () => {
    const bytes = encodeSafetensors([floats('a', 4)]);
    const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
    shared.set(bytes);
    expect(decodeSafetensors(shared).tensors.get('a')!.data.buffer).toBeInstanceOf(ArrayBuffer);
  });

  test('tensors that begin at odd bytes of a file by others are read', () => {
    const header =
      '{"b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"F32","shape":[],"data_offsets":[1,5]}}';
    const { tensors } = decodeSafetensors(fileOf(header, [7, 0, 0, 0x80, 0x3f]));
    expectSame(tensors.get('a'), { name: 'a', dtype: 'F32', shape: [], data: Float32Array.of(1) });
  });

  test('empty files, rank 0 and zero-size tensors are legal', () => {
    expect(decodeSafetensors(encodeSafetensors([])).tensors.size).toBe(0);
    expect(decodeSafetensors(fileOf('{}')).tensors.size).toBe(0);
    const empty: NamedTensor = { name: 'none', dtype: 'F32', shape: [3, 0, 2], data: new Float32Array(0) };
    const scalar: NamedTensor = { name: 'one', dtype: 'I32', shape: [], data: Int32Array.of(-5) };
    const { tensors } = decodeSafetensors(encodeSafetensors([empty, scalar, floats('x')]));
    expectSame(tensors.get('none'), empty);
    expectSame(tensors.get('one'), scalar);
  });

  test('a zero-size tensor may be listed after the one that begins where it lies', () => {
    const entry = (end: number) => `{"dtype":"U8","shape":[${end}],"data_offsets":[0,${end}]}`;
    const { tensors } = decodeSafetensors(fileOf(`{"a":${entry(1)},"none":${entry(0)}}`, [7]));
    expectSame(tensors.get('a'), octets('a', 7));
    expectSame(tensors.get('none'), octets('none'));
  });

  test('names and metadata such as __proto__ are only data', () => {
    const metadata = JSON.parse('{"__proto__":"p","constructor":"c","0":"zero"}');
    const file = decodeSafetensors(
      encodeSafetensors([floats('__proto__', 1), floats('constructor', 2)], metadata),
    );
    expect([...file.tensors.keys()]).toEqual(['__proto__', 'constructor']);
    expect(Object.entries(file.metadata).sort()).toEqual([
      ['0', 'zero'],
      ['__proto__', 'p'],
      ['constructor', 'c'],
    ]);
    expect(Object.getPrototypeOf(file.metadata)).toBeNull();
    expect(({} as Record<string, unknown>).p).toBeUndefined();
  });

  test('escapes, astral characters and a byte order mark inside a name survive', () => {
    const names = ['a"b\\c/\n\u0000', '\u{1f333}', '\ufeffx', '\u2028', ''];
    const { tensors } = decodeSafetensors(encodeSafetensors(names.map((name, i) => floats(name, i))));
    for (const [i, name] of names.entries()) expectSame(tensors.get(name), floats(name, i));
  });
});

describe('what cannot be written is refused', () => {
  const bad = (fields: object) => ({ ...floats('a', 1), ...fields }) as NamedTensor;
  test.each([
    ['a repeated name', [floats('a', 1), octets('a', 1)], DataError, 'names must differ, got "a" twice'],
    ['the name of the metadata', [floats('__metadata__', 1)], DataError, 'other than __metadata__'],
    ['half a surrogate pair', [floats('\ud800', 1)], DataError, 'well-formed text'],
    [
      'an unknown type',
      [bad({ dtype: 'F64' })],
      DataError,
      'must be one of F32, U8, U16, U32, I32, got "F64"',
    ],
    [
      'an array of another type',
      [bad({ dtype: 'U8' })],
      DataError,
      'must be Uint8Array for U8, got Float32Array(1)',
    ],
    ['a shape of another size', [bad({ shape: [2] })], ShapeError, 'must hold 1 elements, got [2]'],
    ['a negative dimension', [bad({ shape: [-1, -1] })], ShapeError, 'must hold 1 elements, got [-1, -1]'],
    ['a fractional dimension', [bad({ shape: [0.5, 2] })], ShapeError, 'must hold 1 elements'],
  ])('%s', (_, tensors, kind, message) => {
    expect(() => encodeSafetensors(tensors)).toThrow(kind);
    expect(() => encodeSafetensors(tensors)).toThrow(message);
  });

  test('metadata that are not text', () => {
    expect(() => encodeSafetensors([], { a: 1 } as never)).toThrow(
      'metadata "a" must be well-formed text, got 1',
    );
    expect(() => encodeSafetensors([], { '\udc00': 'x' })).toThrow(DataError);
  });
});

describe('budgets', () => {
  const file = encodeSafetensors([floats('a', 1, 2, 3), octets('b', 1)]);

  test.each([
    [{ maxTensors: 1 }, 'file must hold at most 1 tensors (maxTensors), got more'],
    [{ maxElements: 3 }, 'file must hold at most 3 elements (maxElements), got 4'],
    [{ maxExpansionBytes: 12 }, 'file must expand to at most 12 bytes (maxExpansionBytes), got 13'],
    [{ maxHeaderBytes: 64 }, 'header must be at most 64 bytes (maxHeaderBytes), got'],
  ])('%j is kept', (budget, message) => {
    expect(() => decodeSafetensors(file, budget)).toThrow(FormatError);
    expect(() => decodeSafetensors(file, budget)).toThrow(message);
  });

  test('limits that just suffice do suffice', () => {
    const limits = { maxTensors: 2, maxElements: 4, maxExpansionBytes: 13, maxHeaderBytes: file.length - 21 };
    expect(decodeSafetensors(file, limits).tensors.size).toBe(2);
  });

  test('unknown and impossible limits are refused', () => {
    expect(() => decodeSafetensors(file, { maxTensor: 1 } as never)).toThrow('did you mean "maxTensors"');
    expect(() => decodeSafetensors(file, { maxTensors: -1 })).toThrow(OptionError);
    expect(() => decodeSafetensors('model' as never)).toThrow('must be a Uint8Array, got "model"');
  });
});
