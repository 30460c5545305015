/**
 * Positions of the stored entries of a sparse tensor, one byte each: how many positions were skipped since the
 * entry before. Relative indexing with padding: Han, Mao & Dally 2016, arXiv:1510.00149, section 2; here an escape
 * byte takes the place of their filler zeros.
 */
import { DataError, FormatError } from '../errors.js';

/** Advances by 255 positions without an entry. */
const ESCAPE = 255;

/**
 * Bytes that `encodeGaps` gives: one an entry and one for every 255 positions skipped before it.
 * `indices` must rise strictly; DataError otherwise.
 */
export function gapBytes(indices: Uint32Array): number {
  let bytes = indices.length;
  let previous = -1;
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i]!;
    if (index <= previous)
      throw new DataError(`gaps: indices must rise strictly, got ${index} after ${previous}`);
    bytes += Math.floor((index - previous - 1) / ESCAPE);
    previous = index;
  }
  return bytes;
}

/**
 * Positions `indices`, strictly rising and below `length`, as bytes. Position starts at -1; a byte g < 255 advances
 * by g + 1 and stores an entry there; a byte 255 advances by 255 and stores none. DataError for other indices.
 */
export function encodeGaps(indices: Uint32Array, length: number): Uint8Array {
  const gaps = new Uint8Array(gapBytes(indices));
  const last = indices.at(-1) ?? -1;
  if (last >= length) throw new DataError(`gaps: indices must be below ${length}, got ${last}`);
  let at = 0;
  let next = 0;
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i]!;
    for (; index - next >= ESCAPE; next += ESCAPE) gaps[at++] = ESCAPE;
    gaps[at++] = index - next;
    next = index + 1;
  }
  return gaps;
}

/**
 * The `count` positions that `encodeGaps` wrote for a tensor of `length` elements; memory is 4 * count bytes.
 * FormatError for a position past the end, another count, or escapes after the last entry.
 */
export function decodeGaps(gaps: Uint8Array, count: number, length: number): Uint32Array {
  if (count > gaps.length) {
    throw new FormatError(`gaps: must hold ${count} entries, got ${gaps.length} bytes`);
  }
  const indices = new Uint32Array(count);
  let entries = 0;
  let next = 0;
  for (let at = 0; at < gaps.length; at++) {
    const gap = gaps[at]!;
    next += gap;
    if (gap === ESCAPE) continue;
    if (next >= length)
      throw new FormatError(`gaps: byte ${at}: positions must be below ${length}, got ${next}`);
    if (entries === count) throw new FormatError(`gaps: byte ${at}: must hold ${count} entries, got more`);
    indices[entries++] = next++;
  }
  if (entries !== count) throw new FormatError(`gaps: must hold ${count} entries, got ${entries}`);
  if (gaps.at(-1) === ESCAPE)
    throw new FormatError(`gaps: byte ${gaps.length - 1}: last byte must store an entry, got an escape`);
  return indices;
}
