import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DataError, ShapeError } from '../../src/errors.js';
import type { WeightData } from '../../src/io/encodings/encoding.js';
import { type EncodingName, encodings } from '../../src/io/encodings/index.js';
import { decodeSafetensors, encodeSafetensors } from '../../src/io/safetensors.js';
import { bytesOf } from '../../src/io/tensors.js';
import { decodeWeight, encodeWeight } from '../../src/io/weights.js';
import { createEngine } from '../../src/runtime/engine.js';
import { byName, randomIntegers, sameBytes } from './support.js';

const KINDS = Object.keys(encodings) as EncodingName[];

/** Bits of -0, the least denormal, infinities, quiet and signalling NaNs with payloads. */
const ODD_BITS = [
  0x80000000, 0x00000001, 0x7f800000, 0xff800000, 0x7fc00000, 0x7f800001, 0xffc12345, 0x3f800000,
];

/** Through a file, as users do. */
function roundTrip(shape: readonly number[], values: Float32Array, mask: Uint8Array | null) {
  const { tensors, encoding } = encodeWeight('w', shape, values, mask);
  const file = decodeSafetensors(encodeSafetensors(tensors, { w: JSON.stringify(encoding) }));
  return { kind: encoding.kind, ...decodeWeight('w', JSON.parse(file.metadata.w!), file.tensors) };
}

function expectExact(shape: readonly number[], values: Float32Array, mask: Uint8Array | null): EncodingName {
  const decoded = roundTrip(shape, values, mask);
  expect(decoded.shape).toEqual(shape);
  expect(sameBytes(decoded.values, values)).toBe(true);
  expect(decoded.mask === null ? mask === null : sameBytes(decoded.mask, mask!)).toBe(true);
  return decoded.kind;
}

/** `density` of the entries alive, odd bit patterns among them; with a mask some live entries are zero. */
function sample(length: number, density: number, masked: boolean, seed: number) {
  const random = randomIntegers(seed);
  const bits = new Uint32Array(length);
  const mask = new Uint8Array(length);
  for (let i = 0; i < length; i++) {
    if (random() / 2 ** 32 >= density) continue;
    mask[i] = 1;
    const kind = random() % 10;
    bits[i] = kind === 0 && masked ? 0 : kind === 1 ? ODD_BITS[random() % ODD_BITS.length]! : random() | 1;
  }
  return { values: new Float32Array(bits.buffer), mask: masked ? mask : null };
}

/** As `encodeWeight` sees a weight [length], to try an encoding that it would not choose. */
function weightOf(values: Float32Array, mask: Uint8Array | null): WeightData {
  const bits = new Uint32Array(values.buffer);
  const kept = Uint32Array.from([...bits.keys()].filter((i) => (mask ? mask[i] === 1 : bits[i] !== 0)));
  const { length } = values;
  return {
    name: 'w',
    shape: [length],
    length,
    values,
    masked: mask !== null,
    kept,
    restIsPositiveZero: true,
  };
}

describe('weights come back bit for bit', () => {
  test('1,000 random weights of every density, masked or not', () => {
    const dimension = fc.oneof(fc.nat(3), fc.nat(40));
    const density = fc.oneof(
      fc.constantFrom(0, 0.01, 0.1, 0.5, 0.9, 1),
      fc.double({ min: 0, max: 1, noNaN: true }),
    );
    const chosen = new Set<EncodingName>();
    const property = fc.property(
      dimension,
      dimension,
      density,
      fc.boolean(),
      fc.integer({ min: 1 }),
      (rows, columns, share, masked, seed) => {
        const { values, mask } = sample(rows * columns, share, masked, seed);
        chosen.add(expectExact([rows, columns], values, mask));
      },
    );
    fc.assert(property, { numRuns: 1000, seed: 41 });
    expect([...chosen].sort()).toEqual([...KINDS].sort());
  });

  test.each(KINDS)('%s alone, at every length from 0 to 40 and every density', async (kind) => {
    const engine = await createEngine();
    for (let length = 0; length <= 40; length++) {
      for (const density of [0, 0.1, 0.5, 1]) {
        for (const masked of [false, true]) {
          const { values, mask } = sample(length, density, masked, length + 1);
          const weight = weightOf(values, mask);
          const tensors = byName(encodings[kind].encode(weight));
          const encoding = { kind, shape: [length], masked };
          for (const helper of [undefined, engine]) {
            const decoded = decodeWeight('w', encoding, tensors, undefined, helper);
            expect(bytesOf(decoded.values)).toEqual(bytesOf(values));
            expect(decoded.mask).toEqual(mask);
          }
        }
      }
    }
  });

  test('-0, denormals, infinities and NaN payloads survive in every encoding', () => {
    for (const repeat of [1, 20, 400]) {
      const bits = new Uint32Array(ODD_BITS.length * repeat);
      ODD_BITS.forEach((odd, i) => {
        bits[i * repeat] = odd;
      });
      expectExact([bits.length], new Float32Array(bits.buffer), null);
      expectExact(
        [bits.length],
        new Float32Array(bits.buffer),
        new Uint8Array(bits.length).map((_, i) => Number(i % repeat === 0)),
      );
    }
  });

  test('a live weight may be exactly zero', () => {
    const mask = new Uint8Array(1000);
    for (const i of [0, 500, 999]) mask[i] = 1;
    expect(expectExact([10, 100], new Float32Array(1000), mask)).toBe('gaps');
  });

  test('a masked -0 is kept too, though only dense form can hold it', () => {
    const values = new Float32Array(1000);
    values[3] = -0;
    expect(expectExact([1000], values, new Uint8Array(1000))).toBe('dense');
    expect(expectExact([1000], values, null)).toBe('gaps');
  });

  test('values that begin inside a larger buffer are read from their own place', () => {
    const values = new Float32Array(500).fill(9).subarray(100, 400).fill(0);
    values[7] = 5;
    expect(expectExact([300], values, null)).toBe('gaps');
  });

  test.each([
    [0.03, 'gaps'],
    [0.1, 'gaps'],
    [0.2, 'bitmask'],
    [0.9, 'bitmask'],
    [1, 'dense'],
  ])('at density %d the choice is %s', (density, kind) => {
    const { values } = sample(10_000, density, false, 5);
    expect(expectExact([10_000], values, null)).toBe(kind);
  });

  test('the choice is the smallest file that any encoding gives, within the estimate of the headers', () => {
    for (const density of [0, 0.05, 0.12, 0.3, 0.97, 1]) {
      for (const masked of [false, true]) {
        const { values, mask } = sample(3000, density, masked, 9);
        const { tensors } = encodeWeight('w', [3000], values, mask);
        const weight = weightOf(values, mask);
        const sizes = KINDS.map((kind) => encodeSafetensors(encodings[kind].encode(weight)).length);
        expect(encodeSafetensors(tensors).length).toBeLessThanOrEqual(Math.min(...sizes) + 64);
      }
    }
  });
});

describe('what cannot be a weight is refused', () => {
  const values = Float32Array.of(1, 0, 2);
  test.each([
    [
      'a shape of another size',
      [2],
      values,
      null,
      ShapeError,
      'shape must hold 3 elements, fewer than 2^32, got [2]',
    ],
    [
      'a mask of another length',
      [3],
      values,
      Uint8Array.of(1, 1),
      ShapeError,
      'mask must have 3 elements, got 2',
    ],
    ['a mask with a 2', [3], values, Uint8Array.of(1, 2, 1), DataError, 'mask must hold 0 and 1, got 2 at 1'],
    [
      'a masked weight',
      [3],
      values,
      Uint8Array.of(1, 0, 0),
      DataError,
      'masked weights must be 0, got 2 at 2',
    ],
    [
      'a masked NaN',
      [1],
      Float32Array.of(NaN),
      Uint8Array.of(0),
      DataError,
      'masked weights must be 0, got NaN at 0',
    ],
  ])('%s', (_, shape, weights, mask, kind, message) => {
    expect(() => encodeWeight('w', shape, weights, mask)).toThrow(kind);
    expect(() => encodeWeight('w', shape, weights, mask)).toThrow(message);
  });
});
