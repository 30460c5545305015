import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { encoded as infer } from '../../build/kernels/infer.js';
import { encoded as prune } from '../../build/kernels/prune.js';
import { encoded as train } from '../../build/kernels/train.js';
import { DECODER } from '../../src/export/decoder.js';
import { Memory } from '../../src/runtime/memory.js';
import { bytesOf } from '../../src/runtime/modules.js';
import { encodeText } from '../../src/runtime/textCodec.js';
import { deriveSeed, Random } from '../../src/tensor/random.js';

type Decode = (singles: string, text: string, length: number) => Uint8Array;
const decodeText = new Function(`${DECODER}; return decodeText;`)() as Decode;

/** By the decoder of exported files and by that of kernels. */
function expectRoundTrip(bytes: Uint8Array): string {
  const { singles, text } = encodeText(bytes);
  const memory = new Memory(4);
  expect(Buffer.from(decodeText(singles, text, bytes.length)).equals(bytes)).toBe(true);
  expect(Buffer.from(bytesOf({ singles, text }, memory)).equals(bytes)).toBe(true);
  expect(memory.liveBytes).toBe(0);
  expect(text).not.toMatch(/[^!-~]|["'`$<\\]/);
  return text;
}

describe('bytes as text', () => {
  test('come back as they were', () => {
    const random = new Random(deriveSeed(1, 1));
    expectRoundTrip(new Uint8Array(0));
    expectRoundTrip(Uint8Array.from({ length: 256 }, (_, i) => i));
    expectRoundTrip(Uint8Array.from({ length: 256 }, (_, i) => 255 - i));
    expectRoundTrip(new Uint8Array(20_000).fill(255));
    expectRoundTrip(Uint8Array.from({ length: 30_001 }, () => random.next() & 255));
  });

  test('have one character for frequent values', () => {
    expect(expectRoundTrip(new Uint8Array(1000).fill(200)).length).toBe(1000);
  });

  test.each([
    ['infer', infer],
    ['train', train],
    ['prune', prune],
  ])('are the %s module that was compiled', (name, encoded) => {
    expect(Buffer.compare(bytesOf(encoded, new Memory(8)), readFileSync(`build/simd/${name}.wasm`))).toBe(0);
  });

  test('take about as much under gzip as the bytes themselves, and less than base64', () => {
    const bytes = readFileSync('build/simd/infer.wasm');
    const zipped = (data: string | Uint8Array) => gzipSync(data, { level: 9 }).length;
    const text = zipped(expectRoundTrip(bytes));
    expect(text).toBeLessThan(zipped(bytes) * 1.05);
    expect(text).toBeLessThan(zipped(bytes.toString('base64')) * 0.8);
  });
});
