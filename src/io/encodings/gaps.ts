import { decodeGaps, encodeGaps, gapBytes } from '../gaps.js';
import { type Encoding, elementsOf, floatBits, gatherKept, storedBytes } from './encoding.js';

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

  decode(source) {
    const { name, length, masked } = source;
    const stored = floatBits(elementsOf(source, `${name}.values`, 'F32', null));
    const kept = decodeGaps(elementsOf(source, `${name}.gaps`, 'U8', null), stored.length, length);
    const values = new Float32Array(length);
    const bits = floatBits(values);
    for (let i = 0; i < kept.length; i++) bits[kept[i]!] = stored[i]!;
    if (!masked) return { values, mask: null };
    const mask = new Uint8Array(length);
    for (let i = 0; i < kept.length; i++) mask[kept[i]!] = 1;
    return { values, mask };
  },
};
