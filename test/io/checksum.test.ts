import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DataError, FormatError } from '../../src/errors.js';
import { openSealed, seal, verify } from '../../src/io/checksum.js';
import { decodeSafetensors, encodeSafetensors } from '../../src/io/safetensors.js';
import type { NamedTensor } from '../../src/io/tensors.js';
import { anyFile } from './support.js';

const tensors: readonly NamedTensor[] = [
  { name: 'w', dtype: 'F32', shape: [3], data: Float32Array.of(1, -0, 3) },
  { name: 'g', dtype: 'U8', shape: [2], data: Uint8Array.of(4, 255) },
];
const sealed = seal(tensors, { version: '1' });

test('a sealed file opens, and is an ordinary safetensors file', () => {
  for (const file of [openSealed(sealed), decodeSafetensors(sealed)]) {
    expect(file.metadata.version).toBe('1');
    expect(file.metadata.checksum).toMatch(/^crc32c:[0-9A-F]{8}$/);
    expect(file.tensors.get('w')!.data).toEqual(Float32Array.of(1, -0, 3));
  }
});

test('every change of any single byte is refused', () => {
  const copy = sealed.slice();
  let refused = 0;
  for (let at = 0; at < copy.length; at++) {
    const byte = copy[at]!;
    for (let change = 1; change < 256; change++) {
      copy[at] = byte ^ change;
      try {
        openSealed(copy);
      } catch (error) {
        if (error instanceof FormatError && error.message.includes('file is altered or truncated')) refused++;
      }
    }
    copy[at] = byte;
  }
  expect(refused).toBe(255 * sealed.length);
});

test('every truncation and every added byte is refused', () => {
  for (let length = 0; length < sealed.length; length++) {
    const attempt = () => openSealed(sealed.subarray(0, length));
    expect(attempt).toThrow(FormatError);
    expect(attempt).toThrow('file is altered or truncated');
  }
  for (let added = 0; added < 256; added++) {
    expect(() => openSealed(Uint8Array.of(...sealed, added))).toThrow('file is altered or truncated');
  }
});

test('two bytes that change places are noticed', () => {
  for (let at = 1; at < sealed.length; at++) {
    if (sealed[at] === sealed[at - 1]) continue;
    const copy = sealed.slice();
    copy[at] = sealed[at - 1]!;
    copy[at - 1] = sealed[at]!;
    expect(() => verify(copy)).toThrow(FormatError);
  }
});

test('the checksum comes first whatever the metadata, and any file can be sealed', () => {
  const property = fc.property(anyFile, (file) => {
    const metadata = Object.fromEntries(Object.entries(file.metadata).filter(([key]) => key !== 'checksum'));
    const opened = openSealed(seal(file.tensors, metadata));
    const { checksum: _, ...rest } = opened.metadata;
    expect(Object.entries(rest).sort()).toEqual(Object.entries(metadata).sort());
    expect(opened.tensors.size).toBe(file.tensors.length);
  });
  fc.assert(property, { numRuns: 300, seed: 31 });
});

test('files that were never sealed are told apart from damaged ones', () => {
  expect(() => verify(encodeSafetensors(tensors))).toThrow(
    'is no model that Espalier wrote: must start with a checksum, got',
  );
  expect(() => verify(new TextEncoder().encode('<html>'))).toThrow('got an HTML page');
  expect(() => verify(new Uint8Array(0))).toThrow('got an empty file');
});

test('metadata that claim the key are refused', () => {
  expect(() => seal(tensors, { checksum: 'mine' })).toThrow(DataError);
});

test('a budget reaches the reader', () => {
  expect(() => openSealed(sealed, { maxTensors: 1 })).toThrow('(maxTensors)');
});
