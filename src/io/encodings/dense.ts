import { FormatError } from '../../errors.js';
import { bitBytes, packBits, unpackBits } from '../bits.js';
import { clip } from '../jsonScanner.js';
import type { NamedTensor } from '../tensors.js';
import { type Encoding, elementsOf, storedBytes } from './encoding.js';

/** All values as `name` F32 [shape], and with a mask one bit each as `name.mask` U8 [ceil(n / 8)]. */
export const dense: Encoding = {
  sizeBytes({ length, masked }) {
    return storedBytes(4 * length) + (masked ? storedBytes(bitBytes(length)) : 0);
  },

  encode({ name, shape, length, values, masked, kept }) {
    const tensors: NamedTensor[] = [{ name, dtype: 'F32', shape, data: values }];
    if (masked) {
      tensors.push({
        name: `${name}.mask`,
        dtype: 'U8',
        shape: [bitBytes(length)],
        data: packBits(kept, length),
      });
    }
    return tensors;
  },

  decodedBytes: ({ length, masked }) => length * (masked ? 5 : 4),

  decode(source) {
    const { name, shape, length, masked } = source;
    const values = elementsOf(source, name, 'F32', shape);
    if (!masked) return { shape, values, mask: null };
    const where = `decodeWeight: ${clip(`${name}.mask`)}`;
    const mask = unpackBits(where, elementsOf(source, `${name}.mask`, 'U8', [bitBytes(length)]), length);
    for (let i = 0; i < length; i++) {
      if (mask[i] === 0 && values[i] !== 0) {
        throw new FormatError(
          `decodeWeight: ${clip(name)}: masked weights must be 0, got ${values[i]} at ${i}`,
        );
      }
    }
    return { shape, values, mask };
  },
};
