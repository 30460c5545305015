import { FormatError } from '../../errors.js';
import { bitBytes, packBits, unpackBits } from '../bits.js';
import { clip } from '../jsonScanner.js';
import { type Encoding, elementsOf, floatBits, gatherKept, storedBytes } from './encoding.js';

/** Kept values as `name.values` F32 [nnz], one bit an element as `name.bits` U8 [ceil(n / 8)]: best in between. */
export const bitmask: Encoding = {
  sizeBytes({ length, kept, restIsPositiveZero }) {
    return restIsPositiveZero ? storedBytes(4 * kept.length) + storedBytes(bitBytes(length)) : Infinity;
  },

  encode(weight) {
    const { name, length, kept } = weight;
    return [
      { name: `${name}.values`, dtype: 'F32', shape: [kept.length], data: gatherKept(weight) },
      { name: `${name}.bits`, dtype: 'U8', shape: [bitBytes(length)], data: packBits(kept, length) },
    ];
  },

  decode(source) {
    const { name, length, masked } = source;
    const where = `decodeWeight: ${clip(`${name}.bits`)}`;
    const stored = floatBits(elementsOf(source, `${name}.values`, 'F32', null));
    const packed = elementsOf(source, `${name}.bits`, 'U8', [bitBytes(length)]);
    const flags = unpackBits(where, packed, length);
    const values = new Float32Array(length);
    const bits = floatBits(values);
    let used = 0;
    for (let at = 0; at < packed.length; at++) {
      // From one bit that is set to the next.
      for (let left = packed[at]!; left !== 0; left &= left - 1) {
        bits[at * 8 + 31 - Math.clz32(left & -left)] = stored[used++] ?? 0;
      }
    }
    if (used !== stored.length)
      throw new FormatError(`${where}: must have ${stored.length} bits set, got ${used}`);
    return { values, mask: masked ? flags : null };
  },
};
