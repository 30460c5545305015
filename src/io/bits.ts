/** One bit an element: bit i % 8 of byte floor(i / 8), lowest first; unused bits of the last byte are zero. */
import { FormatError } from '../errors.js';

/** Bytes for one bit each of `length` elements. */
export function bitBytes(length: number): number {
  return Math.ceil(length / 8);
}

/** Four bits as four bytes of 0 or 1, lowest first. */
const FLAGS = /* @__PURE__ */ Uint32Array.from(
  { length: 16 },
  (_, bits) => (bits & 1) | ((bits & 2) << 7) | ((bits & 4) << 14) | ((bits & 8) << 21),
);

/** Bits that are 1 at `indices`, each below `length`. */
export function packBits(indices: Uint32Array, length: number): Uint8Array {
  const bits = new Uint8Array(bitBytes(length));
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i]!;
    bits[index >>> 3]! |= 1 << (index & 7);
  }
  return bits;
}

/** `length` bytes of 0 or 1; FormatError unless `bits` has just the bytes needed and zeros after the last bit. */
export function unpackBits(where: string, bits: Uint8Array, length: number): Uint8Array {
  if (bits.length !== bitBytes(length)) {
    throw new FormatError(
      `${where}: must be ${bitBytes(length)} bytes for ${length} bits, got ${bits.length}`,
    );
  }
  const last = bits.at(-1) ?? 0;
  if (length % 8 !== 0 && last >>> (length % 8) !== 0) {
    throw new FormatError(`${where}: bits after the last must be 0, got byte ${last}`);
  }
  // Four flags are written at once: a loop that has only begun takes as long a turn, whatever it does.
  const words = new Uint32Array(bits.length * 2);
  for (let i = 0; i < bits.length; i++) {
    const byte = bits[i]!;
    words[2 * i] = FLAGS[byte & 15]!;
    words[2 * i + 1] = FLAGS[byte >>> 4]!;
  }
  const flags = new Uint8Array(words.buffer, 0, length);
  return length % 8 === 0 ? flags : flags.slice();
}
