/** One bit an element: bit i % 8 of byte floor(i / 8), lowest first; unused bits of the last byte are zero. */
import { FormatError } from '../errors.js';
import type { Engine } from '../runtime/engine.js';

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

/** FormatError unless `bits` has just the bytes needed for `length` bits, and zeros after the last. */
export function expectBits(where: string, bits: Uint8Array, length: number): void {
  if (bits.length !== bitBytes(length)) {
    throw new FormatError(
      `${where}: must be ${bitBytes(length)} bytes for ${length} bits, got ${bits.length}`,
    );
  }
  const last = bits.at(-1) ?? 0;
  if (length % 8 !== 0 && last >>> (length % 8) !== 0) {
    throw new FormatError(`${where}: bits after the last must be 0, got byte ${last}`);
  }
}

/** Positions of the first `most` bits that are 1, and how many there are; by the kernels of an engine where there is one. */
export function listBits(
  bits: Uint8Array,
  most: number,
  engine?: Engine,
): { readonly positions: Uint32Array; readonly count: number } {
  if (engine) return listBitsBy(engine, bits, most);
  const positions = new Uint32Array(most);
  let count = 0;
  for (let at = 0; at < bits.length; at++) {
    // From one bit that is set to the next; what lies beyond the array is not written.
    for (let left = bits[at]!; left !== 0; left &= left - 1) {
      positions[count++] = at * 8 + 31 - Math.clz32(left & -left);
    }
  }
  return { positions, count };
}

function listBitsBy({ memory, kernels }: Engine, bits: Uint8Array, most: number) {
  const block = memory.allocate(most * 4 + bits.length, false);
  try {
    const { address } = block;
    block.u8().set(bits, most * 4);
    const count = kernels.list_bits(address, address + most * 4, bits.length, most);
    return { positions: block.u32(most).slice(), count };
  } finally {
    block.free();
  }
}

/** `length` bytes of 0 or 1; FormatError as expectBits. */
export function unpackBits(where: string, bits: Uint8Array, length: number): Uint8Array {
  expectBits(where, bits, length);
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
