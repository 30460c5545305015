/** Weights of which only some entries are stored. */
import { floatBits, type WeightValues } from './encoding.js';

/** A weight that holds `stored` at the rising positions `kept`, else +0; whole arrays are made when first asked for. */
export function sparseValues(
  shape: readonly number[],
  length: number,
  kept: Uint32Array,
  stored: Float32Array,
  masked: boolean,
): WeightValues & { readonly shape: readonly number[] } {
  let [values, mask]: [Float32Array | null, Uint8Array | null] = [null, null];
  return {
    shape,
    length,
    entries: { positions: kept, values: stored },
    pruned: masked,
    get values() {
      if (values) return values;
      values = new Float32Array(length);
      const [to, from] = [floatBits(values), floatBits(stored)];
      for (let i = 0; i < kept.length; i++) to[kept[i]!] = from[i]!;
      return values;
    },
    get mask() {
      if (mask || !masked) return mask;
      mask = new Uint8Array(length);
      for (let i = 0; i < kept.length; i++) mask[kept[i]!] = 1;
      return mask;
    },
  };
}
