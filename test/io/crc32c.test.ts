import { expect, test } from 'vitest';
import { crc32c, crc32cBy } from '../../src/io/crc32c.js';
import { createEngine } from '../../src/runtime/engine.js';

const text = (value: string) => new TextEncoder().encode(value);

/** One bit at a time, as the definition says. */
function bitwise(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  return ~crc >>> 0;
}

test('the published check values come out', () => {
  expect(crc32c(text('123456789'))).toBe(0xe3069283);
  expect(crc32c(new Uint8Array(0))).toBe(0);
  // RFC 3720, appendix B.4.
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(32).fill(255))).toBe(0x62a8ab43);
  expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
});

test('every length from 0 to 70, at every alignment, agrees with the bitwise definition', () => {
  const bytes = Uint8Array.from({ length: 80 }, (_, i) => (i * 151 + 7) & 255);
  for (let begin = 0; begin < 8; begin++) {
    for (let length = 0; length <= 70; length++) {
      const part = bytes.subarray(begin, begin + length);
      expect(crc32c(part)).toBe(bitwise(part));
    }
  }
});

test('a Node Buffer at any place is read as other bytes are', () => {
  const bytes = Buffer.from(Uint8Array.from({ length: 40 }, (_, i) => i * 7).buffer);
  for (let begin = 0; begin < 8; begin++) {
    const part = bytes.subarray(begin, begin + 29);
    expect(crc32c(part)).toBe(bitwise(part));
  }
});

test('parts may be given one after another', () => {
  const bytes = Uint8Array.from({ length: 50 }, (_, i) => i * 5);
  for (let cut = 0; cut <= 50; cut++) {
    expect(crc32c(bytes.subarray(cut), crc32c(bytes.subarray(0, cut)))).toBe(crc32c(bytes));
  }
});

test('kernels give the same, in parts of any length, and leave no memory behind', async () => {
  const engine = await createEngine();
  const bytes = Uint8Array.from({ length: 200_003 }, (_, i) => (i * 151 + (i >> 8)) & 255);
  for (const cut of [0, 1, 44, 65_536, 131_077, 200_003]) {
    expect(crc32cBy(engine, [bytes.subarray(0, cut), bytes.subarray(cut)])).toBe(crc32c(bytes));
  }
  expect(crc32cBy(engine, [new Uint8Array(0)])).toBe(0);
  expect(engine.memory.liveBytes).toBe(0);
});
