/** CRC-32C, the checksum of sealed files. */
import type { Engine } from '../runtime/engine.js';

const REVERSED_POLYNOMIAL = 0x82f63b78;

/** Eight tables of 256: table k holds the effect of a byte that k further bytes follow. */
export function buildTables(): Int32Array {
  const tables = new Int32Array(8 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? REVERSED_POLYNOMIAL : 0);
    tables[byte] = crc;
  }
  for (let i = 256; i < tables.length; i++) {
    const previous = tables[i - 256]!;
    tables[i] = (previous >>> 8) ^ tables[previous & 255]!;
  }
  return tables;
}

let tables: Int32Array | undefined;

/**
 * CRC-32C (Castagnoli) of `bytes`, as an unsigned 32-bit number.
 *
 * `previous` is the result for the bytes before these, so that crc32c(b, crc32c(a)) = crc32c(a followed by b).
 * Detects every error confined to 32 neighbouring bits. RFC 3720 appendix B.4; slicing-by-8: Kounavis & Berry 2005.
 */
export function crc32c(bytes: Uint8Array, previous = 0): number {
  tables ??= buildTables();
  const t = tables;
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes); // slice() of a Node Buffer would be a view
  const words = new Int32Array(aligned.buffer, aligned.byteOffset, (bytes.length >> 3) * 2);
  let crc = ~previous;
  for (let i = 0; i < words.length; i += 2) {
    const low = crc ^ words[i]!;
    const high = words[i + 1]!;
    crc =
      t[1792 + (low & 255)]! ^
      t[1536 + ((low >>> 8) & 255)]! ^
      t[1280 + ((low >>> 16) & 255)]! ^
      t[1024 + (low >>> 24)]! ^
      t[768 + (high & 255)]! ^
      t[512 + ((high >>> 8) & 255)]! ^
      t[256 + ((high >>> 16) & 255)]! ^
      t[high >>> 24]!;
  }
  for (let i = words.length * 4; i < bytes.length; i++) crc = (crc >>> 8) ^ t[(crc ^ bytes[i]!) & 255]!;
  return ~crc >>> 0;
}

/** Bytes that lie in WebAssembly memory together. */
const PIECE = 65536;
const TABLE_BYTES = 8192;

/** CRC-32C of all `parts`, one after the other, by the engine's kernels: they are fast from their first call. */
export function crc32cBy({ memory, kernels }: Engine, parts: readonly Uint8Array[]): number {
  const most = Math.min(PIECE, Math.max(...parts.map(({ length }) => length)));
  const block = memory.allocate(TABLE_BYTES + most, false);
  try {
    const { address } = block;
    const room = block.u8();
    kernels.crc32c_tables(address);
    let crc = 0;
    for (const part of parts) {
      for (let first = 0; first < part.length; first += PIECE) {
        const piece = part.subarray(first, first + PIECE);
        room.set(piece, TABLE_BYTES);
        crc = kernels.crc32c(address + TABLE_BYTES, piece.length, crc, address);
      }
    }
    return crc >>> 0;
  } finally {
    block.free();
  }
}
