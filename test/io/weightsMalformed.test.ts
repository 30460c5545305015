import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FormatError } from '../../src/errors.js';
import { Allowance } from '../../src/io/budget.js';
import { type EncodingName, encodings } from '../../src/io/encodings/index.js';
import type { NamedTensor } from '../../src/io/tensors.js';
import { decodeWeight, encodeWeight } from '../../src/io/weights.js';
import { byName } from './support.js';

const KINDS = Object.keys(encodings) as EncodingName[];

const f32 = (name: string, ...values: number[]): NamedTensor => ({
  name,
  dtype: 'F32',
  shape: [values.length],
  data: Float32Array.from(values),
});
const u8 = (name: string, ...values: number[]): NamedTensor => ({
  name,
  dtype: 'U8',
  shape: [values.length],
  data: Uint8Array.from(values),
});

describe('files whose weights do not fit together are refused:', () => {
  const gaps = { kind: 'gaps', shape: [9], masked: false };
  const bits = { kind: 'bitmask', shape: [9], masked: false };
  const dense = { kind: 'dense', shape: [2], masked: true };
  test.each<[string, unknown, NamedTensor[], string]>([
    ['no description', null, [], 'encoding must be an object, got null'],
    [
      'an unknown encoding',
      { ...gaps, kind: 'zip' },
      [],
      'encoding must be one of dense, gaps, bitmask, got "zip"',
    ],
    [
      'an encoding named like a property of objects',
      { ...gaps, kind: 'toString' },
      [],
      'encoding must be one of',
    ],
    ['a shape that is a number', { ...gaps, shape: 9 }, [], 'shape must be whole numbers >= 0, got 9'],
    ['a negative dimension', { ...gaps, shape: [-1] }, [], 'shape must be whole numbers >= 0, got [-1]'],
    ['a product above 2^53', { ...gaps, shape: [2 ** 30, 2 ** 30] }, [], 'size must be below 2^53'],
    [
      'more than 2^32 elements',
      { ...gaps, shape: [2 ** 32] },
      [],
      'fewer than 2^32 elements, got 4294967296',
    ],
    ['no word on the mask', { kind: 'gaps', shape: [9] }, [], 'masked must be true or false, got undefined'],
    ['a missing tensor', gaps, [f32('w.values', 1)], '"w.gaps" must be U8 [any], got no such tensor'],
    [
      'a tensor of another type',
      gaps,
      [u8('w.values', 1), u8('w.gaps', 0)],
      '"w.values" must be F32 [any], got U8 [1]',
    ],
    [
      'values of rank 0',
      gaps,
      [{ name: 'w.values', dtype: 'F32', shape: [], data: Float32Array.of(1) }, u8('w.gaps', 0)],
      'got F32 []',
    ],
    ['gaps past the end', gaps, [f32('w.values', 1), u8('w.gaps', 9)], 'positions must be below 9, got 9'],
    ['more values than gaps', gaps, [f32('w.values', 1, 2), u8('w.gaps', 0)], 'must hold 2 entries, got 1'],
    [
      'a bit mask of another length',
      bits,
      [f32('w.values'), u8('w.bits', 0)],
      '"w.bits" must be U8 [2], got U8 [1]',
    ],
    [
      'a bit after the last',
      bits,
      [f32('w.values', 1), u8('w.bits', 0, 2)],
      'bits after the last must be 0, got byte 2',
    ],
    [
      'fewer bits than values',
      bits,
      [f32('w.values', 1, 2), u8('w.bits', 1, 0)],
      'must have 2 bits set, got 1',
    ],
    ['more bits than values', bits, [f32('w.values'), u8('w.bits', 3, 0)], 'must have 0 bits set, got 2'],
    [
      'dense values of another shape',
      dense,
      [f32('w', 1), u8('w.mask', 3)],
      '"w" must be F32 [2], got F32 [1]',
    ],
    [
      'a dense weight without its mask',
      dense,
      [f32('w', 1, 2)],
      '"w.mask" must be U8 [1], got no such tensor',
    ],
    [
      'a masked weight that is not zero',
      dense,
      [f32('w', 1, 2), u8('w.mask', 1)],
      'masked weights must be 0, got 2 at 1',
    ],
    [
      'a masked weight that is NaN',
      dense,
      [f32('w', 1, NaN), u8('w.mask', 1)],
      'masked weights must be 0, got NaN at 1',
    ],
  ])('%s', (_, encoding, tensors, message) => {
    expect(() => decodeWeight('w', encoding, byName(tensors))).toThrow(FormatError);
    expect(() => decodeWeight('w', encoding, byName(tensors))).toThrow(message);
  });

  test('a sparse bomb: one stored weight that claims 1 GB', () => {
    const tensors = byName([f32('w.values', 1), u8('w.gaps', 0)]);
    const before = process.memoryUsage().arrayBuffers;
    expect(() => decodeWeight('w', { ...gaps, shape: [2 ** 27] }, tensors)).toThrow(
      '(maxExpansionBytes), got 536870912',
    );
    expect(() => decodeWeight('w', { ...gaps, shape: [2 ** 31] }, tensors)).toThrow(
      '(maxElements), got 2147483648',
    );
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 20);
  });

  test('a sparse bomb in many small weights, that share one allowance', () => {
    const tensors = byName([f32('w.values', 1), u8('w.gaps', 0)]);
    const allowance = new Allowance(100);
    const decode = () => decodeWeight('w', { ...gaps, shape: [2 ** 20] }, tensors, allowance);
    for (let i = 0; i < 4; i++) decode();
    expect(decode).toThrow('must expand to at most 16783616 bytes (maxExpansionBytes), got 20971520');
    expect(decodeWeight('w', gaps, tensors, allowance).values.length).toBe(9);
  });
});

test('random tensors are decoded or refused with FormatError', () => {
  const byte = fc.oneof(fc.nat(255), fc.constant(255), fc.nat(3));
  const octets = fc.array(byte, { maxLength: 6 });
  const encoding = fc.record({
    kind: fc.constantFrom(...KINDS),
    shape: fc.array(fc.nat(9), { maxLength: 3 }),
    masked: fc.boolean(),
  });
  const property = fc.property(
    encoding,
    fc.nat(6),
    octets,
    octets,
    octets,
    (description, count, gaps, bits, mask) => {
      const floats = new Array<number>(count).fill(1);
      const tensors = byName([
        f32('w', ...floats),
        f32('w.values', ...floats),
        u8('w.gaps', ...gaps),
        u8('w.bits', ...bits),
        u8('w.mask', ...mask),
      ]);
      try {
        const { shape, values, mask: live } = decodeWeight('w', description, tensors);
        encodeWeight('w', shape, values, live);
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
      }
    },
  );
  fc.assert(property, { numRuns: 20_000, seed: 42 });
});
