import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { DECODER, encodeText } from '../../src/export/textCodec.js';
import { inferModule } from '../../src/runtime/inferModule.js';
import { deriveSeed, Random } from '../../src/tensor/random.js';

type Decode = (singles: string, text: string, length: number) => Uint8Array;
const decodeText = new Function(`${DECODER}; return decodeText;`)() as Decode;

function expectRoundTrip(bytes: Uint8Array): string {
  const { singles, text } = encodeText(bytes);
  expect(Buffer.from(decodeText(singles, text, bytes.length)).equals(bytes)).toBe(true);
  expect(text).not.toMatch(/[^!-~]|["'`$<\\]/);
  return text;
}

test('bytes come back as they were', () => {
  const random = new Random(deriveSeed(1, 1));
  expectRoundTrip(new Uint8Array(0));
  expectRoundTrip(Uint8Array.from({ length: 256 }, (_, i) => i));
  expectRoundTrip(Uint8Array.from({ length: 256 }, (_, i) => 255 - i));
  expectRoundTrip(new Uint8Array(20_000).fill(255));
  expectRoundTrip(Uint8Array.from({ length: 30_001 }, () => random.next() & 255));
});

test('frequent bytes are one character', () => {
  expect(expectRoundTrip(new Uint8Array(1000).fill(200)).length).toBe(1000);
});

test('code takes about as much under gzip as the bytes themselves, and less than base64', () => {
  const bytes = inferModule();
  const zipped = (data: string | Uint8Array) => gzipSync(data, { level: 9 }).length;
  const text = zipped(expectRoundTrip(bytes));
  expect(text).toBeLessThan(zipped(bytes) * 1.05);
  expect(text).toBeLessThan(zipped(Buffer.from(bytes).toString('base64')) * 0.8);
});
