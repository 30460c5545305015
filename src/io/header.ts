/** The JSON header of a safetensors file: names, types, shapes, and where in the data section each tensor lies. */
import { DataError, FormatError } from '../errors.js';
import { show } from '../options.js';
import { type Budget, checkedMul, elementCount } from './budget.js';
import { clip, JsonScanner } from './jsonScanner.js';
import { DTYPES, type Dtype, elementBytes, hasLoneSurrogate } from './tensors.js';

/** Bytes before the header: its length, little-endian. */
export const LENGTH_BYTES = 8;

/** One tensor of the header; `begin` and `end` are byte offsets in the data section. */
export interface HeaderEntry {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/** A whole header; `metadata` has no prototype, so that every key, `__proto__` too, is only data. */
export interface Header {
  readonly entries: readonly HeaderEntry[];
  readonly metadata: Readonly<Record<string, string>>;
}

function readMetadata(scanner: JsonScanner): Record<string, string> {
  const metadata = Object.create(null) as Record<string, string>;
  scanner.object('__metadata__', (key) => {
    metadata[key] = scanner.string(`__metadata__ ${clip(key)}`);
  });
  return metadata;
}

function readDtype(scanner: JsonScanner, tensor: string): Dtype {
  const at = scanner.position();
  const dtype = scanner.string(`dtype of ${tensor}`);
  if (!DTYPES.includes(dtype as Dtype)) {
    scanner.fail(`dtype of ${tensor} must be one of ${DTYPES.join(', ')}`, clip(dtype), at);
  }
  return dtype as Dtype;
}

function readEntry(scanner: JsonScanner, name: string, nameAt: number): HeaderEntry {
  const tensor = clip(name);
  let dtype: Dtype | undefined;
  let shape: readonly number[] | undefined;
  let offsets: readonly number[] | undefined;
  scanner.object(`tensor ${tensor}`, (key, keyAt) => {
    if (key === 'dtype') dtype = readDtype(scanner, tensor);
    else if (key === 'shape') shape = scanner.integers(`shape of ${tensor}`);
    else if (key === 'data_offsets') offsets = scanner.integers(`data_offsets of ${tensor}`);
    else scanner.fail(`fields of ${tensor} must be dtype, shape and data_offsets`, clip(key), keyAt);
  });
  if (!dtype || !shape || !offsets) {
    const missing = !dtype ? 'dtype' : !shape ? 'shape' : 'data_offsets';
    scanner.fail(`tensor ${tensor} must have dtype, shape and data_offsets`, `no ${missing}`, nameAt);
  }
  const [begin, end] = offsets;
  if (begin === undefined || end === undefined || offsets.length !== 2) {
    scanner.fail(`data_offsets of ${tensor} must be two numbers`, `${offsets.length}`, nameAt);
  }
  return { name, dtype, shape, begin, end };
}

/** Reads the header from its text; FormatError for everything that is not a header. Sizes are not compared yet. */
export function parseHeader(where: string, text: string, budget: Budget): Header {
  const scanner = new JsonScanner(where, text, LENGTH_BYTES);
  const entries: HeaderEntry[] = [];
  let metadata: Record<string, string> | undefined;
  if (!text.startsWith('{')) scanner.fail('header must start with {');
  scanner.object('header', (name, nameAt) => {
    if (name === '__metadata__') {
      metadata = readMetadata(scanner);
      return;
    }
    if (entries.length >= budget.maxTensors) {
      scanner.fail(`file must hold at most ${budget.maxTensors} tensors (maxTensors)`, 'more', nameAt);
    }
    entries.push(readEntry(scanner, name, nameAt));
  });
  scanner.end();
  return { entries, metadata: metadata ?? (Object.create(null) as Record<string, string>) };
}

/** Throws unless the entries fit their shapes and cover the data section without hole or overlap. */
export function expectLayout(where: string, entries: readonly HeaderEntry[], dataBytes: number): void {
  let running = 0;
  for (const { name, dtype, shape, begin, end } of [...entries].sort(
    (a, b) => a.begin - b.begin || a.end - b.end,
  )) {
    const tensor = clip(name);
    const bytes = checkedMul(
      `${where}: ${tensor}`,
      elementCount(`${where}: ${tensor}`, shape),
      elementBytes(dtype),
    );
    if (end - begin !== bytes) {
      throw new FormatError(
        `${where}: ${tensor} must span ${bytes} bytes by its shape, got offsets ${begin} to ${end}`,
      );
    }
    if (begin !== running) {
      throw new FormatError(
        `${where}: ${tensor} must begin at offset ${running}, without hole or overlap, got ${begin}`,
      );
    }
    running = end;
  }
  if (running !== dataBytes) {
    throw new FormatError(
      `${where}: tensors must end where the file ends, at offset ${dataBytes}, got ${running}`,
    );
  }
}

function expectMetadata(where: string, metadata: readonly (readonly [string, string])[]): void {
  for (const [key, value] of metadata) {
    if (typeof value !== 'string' || hasLoneSurrogate(key) || hasLoneSurrogate(value)) {
      throw new DataError(`${where}: metadata ${clip(key)} must be well-formed text, got ${show(value)}`);
    }
  }
}

/** UTF-8 of the header with its length in front, padded with spaces so that the data begins at a multiple of 8. */
export function writeHeader(
  where: string,
  entries: readonly HeaderEntry[],
  metadata: readonly (readonly [string, string])[],
): Uint8Array {
  expectMetadata(where, metadata);
  // Joined by hand: an object would move keys such as "0" to the front and lose "__proto__".
  const fields = entries.map(
    ({ name, dtype, shape, begin, end }) =>
      `${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [begin, end] })}`,
  );
  const pairs = metadata.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
  if (pairs.length > 0) fields.unshift(`"__metadata__":{${pairs.join(',')}}`);
  const json = new TextEncoder().encode(`{${fields.join(',')}}`);
  const bytes = new Uint8Array(LENGTH_BYTES + Math.ceil(json.length / 8) * 8).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(bytes.length - LENGTH_BYTES), true);
  bytes.set(json, LENGTH_BYTES);
  return bytes;
}
