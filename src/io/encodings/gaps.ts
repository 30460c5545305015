import { decodeGaps, encodeGaps, gapBytes } from '../gaps.js';
import { type Encoding, elementsOf, entryBytes, gatherKept, storedBytes } from './encoding.js';
import { sparseValues } from './sparse.js';

/** Kept values as `name.values` F32 [nnz], their positions as `name.gaps` U8: best below about 1 in 8 kept. */
export const gaps: Encoding = {
  sizeBytes({ kept, restIsPositiveZero }) {
    return restIsPositiveZero ? storedBytes(4 * kept.length) + storedBytes(gapBytes(kept)) : Infinity;
  },

  encode(weight) {
    const { name, length, kept } = weight;
    const bytes = encodeGaps(kept, length);
    return [
      { name: `${name}.values`, dtype: 'F32', shape: [kept.length], data: gatherKept(weight) },
      { name: `${name}.gaps`, dtype: 'U8', shape: [bytes.length], data: bytes },
    ];
  },

  decodedBytes: entryBytes,

  decode(source) {
    const { name, shape, length, masked } = source;
    const stored = elementsOf(source, `${name}.values`, 'F32', null);
    const kept = decodeGaps(elementsOf(source, `${name}.gaps`, 'U8', null), stored.length, length);
    return sparseValues(shape, length, kept, stored, masked);
  },
};
