/** CRC-32C, the checksum of sealed files. */

const REVERSED_POLYNOMIAL = 0x82f63b78;

/** Eight tables of 256: table k holds the effect of a byte that k further bytes follow. */
function buildTables(): Int32Array {
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

const TABLES = /* @__PURE__ */ buildTables();

/**
 * CRC-32C (Castagnoli) of `bytes`, as an unsigned 32-bit number.
 *
 * `previous` is the result for the bytes before these, so that crc32c(b, crc32c(a)) = crc32c(a followed by b).
 * Detects every error confined to 32 neighbouring bits. RFC 3720 appendix B.4; slicing-by-8: Kounavis & Berry 2005.
 */
export function crc32c(bytes: Uint8Array, previous = 0): number {
  const t = TABLES;
  const blocksEnd = bytes.length & ~7;
  let crc = ~previous;
  let i = 0;
  for (; i < blocksEnd; i += 8) {
    crc ^= bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    crc =
      t[1792 + (crc & 255)]! ^
      t[1536 + ((crc >>> 8) & 255)]! ^
      t[1280 + ((crc >>> 16) & 255)]! ^
      t[1024 + (crc >>> 24)]! ^
      t[768 + bytes[i + 4]!]! ^
      t[512 + bytes[i + 5]!]! ^
      t[256 + bytes[i + 6]!]! ^
      t[bytes[i + 7]!]!;
  }
  for (; i < bytes.length; i++) crc = (crc >>> 8) ^ t[(crc ^ bytes[i]!) & 255]!;
  return ~crc >>> 0;
}
