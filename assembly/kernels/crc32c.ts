/** CRC-32C, slicing by eight (Kounavis & Berry 2005): what src/io/crc32c.ts does, without the wait for a warm loop. */

/** Fills tables [8][256] i32: table k holds the effect of a byte that k further bytes follow. */
export function crc32c_tables(tables: usize): void {
  for (let byte: u32 = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (0x82f63b78 & (0 - (crc & 1)));
    store<u32>(tables + ((<usize>byte) << 2), crc);
  }
  for (let i: usize = 1024; i < 8192; i += 4) {
    const previous = load<u32>(tables + i - 1024);
    store<u32>(tables + i, (previous >> 8) ^ load<u32>(tables + ((<usize>(previous & 255)) << 2)));
  }
}

/** CRC-32C of x [n] bytes, after bytes whose own is `previous`; tables from crc32c_tables. */
export function crc32c(x: usize, n: usize, previous: u32, tables: usize): u32 {
  let crc = ~previous;
  const end = x + n;
  for (const whole = x + (n & ~7); x < whole; x += 8) {
    const low = crc ^ load<u32>(x);
    const high = load<u32>(x, 4);
    crc =
      load<u32>(tables + ((<usize>(low & 255)) << 2), 7168) ^
      load<u32>(tables + ((<usize>((low >> 8) & 255)) << 2), 6144) ^
      load<u32>(tables + ((<usize>((low >> 16) & 255)) << 2), 5120) ^
      load<u32>(tables + ((<usize>(low >> 24)) << 2), 4096) ^
      load<u32>(tables + ((<usize>(high & 255)) << 2), 3072) ^
      load<u32>(tables + ((<usize>((high >> 8) & 255)) << 2), 2048) ^
      load<u32>(tables + ((<usize>((high >> 16) & 255)) << 2), 1024) ^
      load<u32>(tables + ((<usize>(high >> 24)) << 2));
  }
  for (; x < end; x++) {
    crc = (crc >> 8) ^ load<u32>(tables + ((<usize>((crc ^ <u32>load<u8>(x)) & 255)) << 2));
  }
  return ~crc;
}
