/**
 * The safetensors container: an 8-byte header length, a JSON header, then the data of all tensors.
 * Format: github.com/huggingface/safetensors, README. Reading is stricter than the reference: equal keys and
 * unknown fields are refused, and a Budget is held before anything is allocated.
 */
import { DataError, FormatError } from '../errors.js';
import { show } from '../options.js';
import { Allowance, type Budget } from './budget.js';
import { expectLayout, type HeaderEntry, LENGTH_BYTES, parseHeader, writeHeader } from './header.js';
import { clip } from './jsonScanner.js';
import { recognize } from './recognize.js';
import { bytesOf, elementBytes, expectTensor, type NamedTensor, tensorOver } from './tensors.js';

/** Contents of a safetensors file. `metadata` has no prototype: every key is only data. */
export interface SafetensorsFile {
  readonly tensors: ReadonlyMap<string, NamedTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Wider types first, so that each tensor lies at a multiple of its element size without holes; then by name. */
function inFileOrder(tensors: readonly NamedTensor[]): NamedTensor[] {
  return [...tensors].sort(
    (a, b) =>
      elementBytes(b.dtype) - elementBytes(a.dtype) || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
  );
}

function placeTensors(where: string, tensors: readonly NamedTensor[]): HeaderEntry[] {
  const names = new Set<string>();
  let offset = 0;
  return tensors.map((tensor) => {
    expectTensor(where, tensor);
    if (names.has(tensor.name))
      throw new DataError(`${where}: tensor names must differ, got ${clip(tensor.name)} twice`);
    names.add(tensor.name);
    const begin = offset;
    offset += tensor.data.byteLength;
    return { name: tensor.name, dtype: tensor.dtype, shape: tensor.shape, begin, end: offset };
  });
}

/** As `encodeSafetensors`, with metadata in the order given. */
export function encodeInOrder(
  where: string,
  tensors: readonly NamedTensor[],
  metadata: readonly (readonly [string, string])[],
): Uint8Array {
  const ordered = inFileOrder(tensors);
  const entries = placeTensors(where, ordered);
  const header = writeHeader(where, entries, metadata);
  const bytes = new Uint8Array(header.length + (entries.at(-1)?.end ?? 0));
  bytes.set(header);
  entries.forEach((entry, i) => {
    bytes.set(bytesOf(ordered[i]!.data), header.length + entry.begin);
  });
  return bytes;
}

/**
 * The bytes of a safetensors file. The same tensors give the same bytes in whatever order they come; the data
 * section is aligned to 8 bytes and each tensor to its element size.
 *
 * Throws DataError for names, types and metadata that cannot be written, ShapeError when data do not fit a shape.
 */
export function encodeSafetensors(
  tensors: readonly NamedTensor[],
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  return encodeInOrder('encodeSafetensors', tensors, Object.entries(metadata));
}

/** Where the data section begins, checked against the file and the budget. */
function readDataBegin(where: string, bytes: Uint8Array, maxHeaderBytes: number): number {
  const got = (value: string) => `got ${recognize(bytes) ?? value}`;
  if (bytes.length < LENGTH_BYTES) {
    throw new FormatError(
      `${where}: file must hold an 8-byte header length, ${got(`${bytes.length} bytes`)}`,
    );
  }
  const declared = new DataView(bytes.buffer, bytes.byteOffset, LENGTH_BYTES).getBigUint64(0, true);
  // Compared as BigInt: converted first, 2^64 - 1 would be rounded.
  if (declared > BigInt(maxHeaderBytes)) {
    const limit = `${maxHeaderBytes} bytes (maxHeaderBytes)`;
    throw new FormatError(`${where}: byte 0: header must be at most ${limit}, ${got(`${declared}`)}`);
  }
  if (declared > BigInt(bytes.length - LENGTH_BYTES)) {
    const limit = `within the file of ${bytes.length} bytes`;
    throw new FormatError(`${where}: byte 0: header must end ${limit}, ${got(`length ${declared}`)}`);
  }
  return LENGTH_BYTES + Number(declared);
}

function readHeaderText(where: string, bytes: Uint8Array, end: number): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      copyOf(bytes, LENGTH_BYTES, end),
    );
  } catch (cause) {
    throw new FormatError(`${where}: byte ${LENGTH_BYTES}: header must be UTF-8, got other bytes`, { cause });
  }
}

/** A copy in a buffer of its own: input may lie at any offset, in shared memory, or in Node's buffer pool. */
function copyOf(bytes: Uint8Array, begin: number, end: number): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(end - begin);
  copy.set(bytes.subarray(begin, end));
  return copy;
}

/**
 * Reads a whole safetensors file; `bytes` may lie at any offset of its buffer, and nothing returned shares it.
 *
 * Throws FormatError, with the byte at fault where there is one, for every departure from the format and for
 * contents beyond `budget`; nothing is allocated for tensors before all of them are checked.
 */
export function decodeSafetensors(bytes: Uint8Array, budget: Partial<Budget> = {}): SafetensorsFile {
  const where = 'decodeSafetensors';
  if (!ArrayBuffer.isView(bytes) || bytes.BYTES_PER_ELEMENT !== 1) {
    throw new DataError(`${where}: bytes must be a Uint8Array, got ${show(bytes)}`);
  }
  const allowance = new Allowance(bytes.length, budget);
  const dataBegin = readDataBegin(where, bytes, allowance.budget.maxHeaderBytes);
  const text = readHeaderText(where, bytes, dataBegin);
  const { entries, metadata } = parseHeader(where, text, allowance.budget);
  expectLayout(where, entries, bytes.length - dataBegin);
  for (const { name, dtype, begin, end } of entries) {
    allowance.take(`${where}: ${clip(name)}`, (end - begin) / elementBytes(dtype), end - begin);
  }
  const tensors = new Map<string, NamedTensor>();
  for (const { name, dtype, shape, begin, end } of entries) {
    tensors.set(name, tensorOver(name, dtype, shape, copyOf(bytes, dataBegin + begin, dataBegin + end)));
  }
  return { tensors, metadata };
}
