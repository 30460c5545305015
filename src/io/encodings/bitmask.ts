import { FormatError } from '../../errors.js';
import { bitBytes, expectBits, listBits, packBits } from '../bits.js';
import { clip } from '../jsonScanner.js';
import { type Encoding, elementsOf, entryBytes, gatherKept, storedBytes } from './encoding.js';
import { sparseValues } from './sparse.js';

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

  decodedBytes: entryBytes,

  decode(source) {
    const { name, shape, length, masked, engine } = source;
    const where = `decodeWeight: ${clip(`${name}.bits`)}`;
    const stored = elementsOf(source, `${name}.values`, 'F32', null);
    const packed = elementsOf(source, `${name}.bits`, 'U8', [bitBytes(length)]);
    expectBits(where, packed, length);
    const { positions, count } = listBits(packed, stored.length, engine);
    if (count !== stored.length) {
      throw new FormatError(`${where}: must have ${stored.length} bits set, got ${count}`);
    }
    return sparseValues(shape, length, positions, stored, masked);
  },
};
