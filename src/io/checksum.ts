/**
 * Sealed files: safetensors files whose first metadata entry is a checksum of the whole file, itself taken as
 * zeros. It stands at a fixed place, so that a file is verified before a single byte of it is interpreted.
 */
import { DataError, FormatError } from '../errors.js';
import type { Engine } from '../runtime/engine.js';
import type { Budget } from './budget.js';
import { crc32c, crc32cBy } from './crc32c.js';
import { LENGTH_BYTES } from './header.js';
import { recognize } from './recognize.js';
import { decodeSafetensors, encodeInOrder, type SafetensorsFile } from './safetensors.js';
import type { NamedTensor } from './tensors.js';

const PREFIX = '{"__metadata__":{"checksum":"crc32c:';
const ZEROS = '00000000';
const DIGITS_BEGIN = LENGTH_BYTES + PREFIX.length;
const DIGITS_END = DIGITS_BEGIN + ZEROS.length;

function checksumOf(bytes: Uint8Array, engine?: Engine): string {
  const parts = [
    bytes.subarray(0, DIGITS_BEGIN),
    new TextEncoder().encode(ZEROS),
    bytes.subarray(DIGITS_END),
  ];
  const all = engine ? crc32cBy(engine, parts) : parts.reduce((crc, part) => crc32c(part, crc), 0);
  return all.toString(16).toUpperCase().padStart(8, '0');
}

/**
 * The bytes of a safetensors file with metadata `checksum: crc32c:XXXXXXXX`, the CRC-32C of all its bytes with
 * those eight digits as `0`; faster with an engine. Every change of up to four neighbouring bytes is detected by `verify`.
 *
 * Throws as `encodeSafetensors`, and DataError when `metadata` has a `checksum` already.
 */
export function seal(
  tensors: readonly NamedTensor[],
  metadata: Readonly<Record<string, string>> = {},
  engine?: Engine,
): Uint8Array {
  if (Object.hasOwn(metadata, 'checksum')) {
    throw new DataError('seal: metadata must leave the key checksum free, got one');
  }
  const bytes = encodeInOrder('seal', tensors, [
    ['checksum', `crc32c:${ZEROS}`],
    ...Object.entries(metadata),
  ]);
  bytes.set(new TextEncoder().encode(checksumOf(bytes, engine)), DIGITS_BEGIN);
  return bytes;
}

/** Throws FormatError unless `bytes` are a file written by `seal`, unchanged to the last byte; faster with an engine. */
export function verify(bytes: Uint8Array, engine?: Engine): void {
  const text = (begin: number, end: number) => String.fromCharCode(...bytes.subarray(begin, end));
  if (text(LENGTH_BYTES, DIGITS_BEGIN) !== PREFIX) {
    const got = recognize(bytes) ?? `${bytes.length} bytes without a checksum`;
    throw new FormatError(
      `verify: file is altered or truncated, or is no model that Espalier wrote: must start with a checksum, got ${got}`,
    );
  }
  // Digits are compared as text: as numbers, a flip between a and A would pass.
  const stored = text(DIGITS_BEGIN, DIGITS_END);
  const actual = checksumOf(bytes, engine);
  if (stored !== actual) {
    throw new FormatError(
      `verify: file is altered or truncated: CRC-32C must be ${JSON.stringify(stored)}, got ${actual}`,
    );
  }
}

/** Verifies and reads a sealed file. Throws as `verify` and `decodeSafetensors`; the checksum stays in `metadata`. */
export function openSealed(
  bytes: Uint8Array,
  budget: Partial<Budget> = {},
  engine?: Engine,
): SafetensorsFile {
  verify(bytes, engine);
  return decodeSafetensors(bytes, budget);
}
