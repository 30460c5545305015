/** One bit an element: bit i % 8 of byte floor(i / 8), lowest first; unused bits of the last byte are zero. */
import { FormatError } from '../errors.js';

/** Bytes for one bit each of `length` elements. */
export function bitBytes(length: number): number {
  return Math.ceil(length / 8);
}

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
  const flags = new Uint8Array(length);
  for (let i = 0; i < length; i++) flags[i] = (bits[i >>> 3]! >>> (i & 7)) & 1;
  return flags;
}
