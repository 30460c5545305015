import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DataError, FormatError } from '../../src/errors.js';
import { decodeGaps, encodeGaps, gapBytes } from '../../src/io/gaps.js';

const bytes = (...values: number[]) => Uint8Array.from(values);
const indices = (...values: number[]) => Uint32Array.from(values);

test.each([
  ['nothing', indices(), 0, bytes()],
  ['nothing in a long tensor', indices(), 1000, bytes()],
  ['the first position', indices(0), 1, bytes(0)],
  ['neighbours', indices(0, 1, 2), 3, bytes(0, 0, 0)],
  ['the widest gap of one byte', indices(254), 255, bytes(254)],
  ['the narrowest gap that needs an escape', indices(255), 256, bytes(255, 0)],
  ['one escape and a gap', indices(3, 300), 301, bytes(3, 255, 41)],
  ['two escapes', indices(510), 511, bytes(255, 255, 0)],
])('%s encodes to the bytes of the definition', (_, positions, length, expected) => {
  expect(encodeGaps(positions, length)).toEqual(expected);
  expect(gapBytes(positions)).toBe(expected.length);
  expect(decodeGaps(expected, positions.length, length)).toEqual(positions);
});

test('1,000 random index lists come back', () => {
  const gap = fc.oneof(
    fc.integer({ min: 0, max: 3 }),
    fc.integer({ min: 250, max: 260 }),
    fc.integer({ min: 0, max: 1200 }),
  );
  const property = fc.property(fc.array(gap, { maxLength: 80 }), fc.nat(600), (list, tail) => {
    let next = 0;
    const positions = Uint32Array.from(list, (step) => {
      const index = next + step;
      next = index + 1;
      return index;
    });
    const encoded = encodeGaps(positions, next + tail);
    expect(gapBytes(positions)).toBe(encoded.length);
    expect(decodeGaps(encoded, positions.length, next + tail)).toEqual(positions);
  });
  fc.assert(property, { numRuns: 1000, seed: 11 });
});

test.each([
  ['a position past the end', bytes(3), 1, 3, 'byte 0: positions must be below 3, got 3'],
  ['an escape past the end', bytes(255, 0), 1, 255, 'byte 1: positions must be below 255, got 255'],
  ['any entry of an empty tensor', bytes(0), 1, 0, 'must be below 0'],
  ['fewer entries than counted', bytes(255, 0), 2, 600, 'must hold 2 entries, got 1'],
  ['more entries than counted', bytes(0, 0), 1, 9, 'byte 1: must hold 1 entries, got more'],
  ['a count that no byte could hold', bytes(0), 1e9, 2e9, 'must hold 1000000000 entries, got 1 bytes'],
  ['a trailing escape', bytes(0, 255), 1, 600, 'byte 1: last byte must store an entry, got an escape'],
  ['escapes alone', bytes(255), 0, 600, 'last byte must store an entry'],
])('%s is refused', (_, gaps, count, length, message) => {
  const attempt = () => decodeGaps(gaps, count, length);
  expect(attempt).toThrow(FormatError);
  expect(attempt).toThrow(message);
});

test('indices that do not rise or lie past the end are refused', () => {
  expect(() => encodeGaps(indices(1, 1), 5)).toThrow(DataError);
  expect(() => gapBytes(indices(2, 1))).toThrow('must rise strictly, got 1 after 2');
  expect(() => encodeGaps(indices(5), 5)).toThrow('must be below 5, got 5');
});

test('random bytes decode or are refused with FormatError, and what decodes encodes to the same bytes', () => {
  const byte = fc.oneof(fc.constant(255), fc.nat(255), fc.nat(4));
  const property = fc.property(
    fc.uint8Array({ maxLength: 20 }),
    fc.array(byte, { maxLength: 12 }),
    fc.nat(22),
    fc.nat(3000),
    (raw, list, count, length) => {
      for (const gaps of [raw, Uint8Array.from(list)]) {
        try {
          expect(encodeGaps(decodeGaps(gaps, count, length), length)).toEqual(gaps);
        } catch (error) {
          if (!(error instanceof FormatError)) throw error;
        }
      }
    },
  );
  fc.assert(property, { numRuns: 5000, seed: 12 });
});
