/** Positions of bits: how weights are stored of which a third or so is left. */

/**
 * list [most] u32 = positions of the bits that are 1 in bits [n] bytes, lowest bit first, in order; returns how many there
 * are. Of more than `most` the rest is counted only.
 */
export function list_bits(list: usize, bits: usize, n: usize, most: u32): u32 {
  let count: u32 = 0;
  for (let i: usize = 0; i < n; i++) {
    for (let left: u32 = load<u8>(bits + i); left != 0; left &= left - 1) {
      if (count < most) store<u32>(list + ((<usize>count) << 2), ((<u32>i) << 3) + ctz(left));
      count++;
    }
  }
  return count;
}
