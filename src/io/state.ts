/** State of a run as plain data: JSON with its arrays as tensors beside it. */
import { DataError, FormatError } from '../errors.js';
import { show } from '../options.js';
import type { NamedTensor } from './tensors.js';

/**
 * What a checkpoint can hold: plain data, NaN and infinities included, with typed arrays of 8 and 32 bits; no instances of classes,
 * such as Map or Date. Keys of objects must not begin with `$`, nor be `__proto__`.
 */
export type CheckpointValue =
  | null
  | boolean
  | number
  | string
  | Float32Array
  | Uint8Array
  | Uint32Array
  | Int32Array
  | readonly CheckpointValue[]
  | { readonly [key: string]: CheckpointValue };

/** Names of the tensors: `training/json` as UTF-8, and the arrays by number. */
const PREFIX = 'training/';
const JSON_NAME = `${PREFIX}json`;
/** Nothing that is kept goes deeper; what does was not written here. */
const MAX_DEPTH = 32;

const dtypes = [
  [Float32Array, 'F32'],
  [Uint8Array, 'U8'],
  [Uint32Array, 'U32'],
  [Int32Array, 'I32'],
] as const;

function packNumber(value: number): unknown {
  if (Object.is(value, -0)) return { $number: '-0' };
  return Number.isFinite(value) ? value : { $number: String(value) };
}

const dtypeOf = (value: ArrayBufferView) => dtypes.find(([type]) => value instanceof type)?.[1];

/** Objects that are keys and values and nothing else, of another window too. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** What a message calls a value that is no plain data. */
function named(value: unknown): string {
  const isInstance = typeof value === 'object' && value !== null && !ArrayBuffer.isView(value);
  const type: unknown = isInstance ? (value as { constructor?: unknown }).constructor : undefined;
  return typeof type === 'function' && type.name !== '' ? `an instance of ${type.name}` : show(value);
}

function expectKey(what: string, key: string): void {
  if (!key.startsWith('$') && key !== '__proto__') return;
  throw new DataError(`checkpoint: keys of ${what} must not be __proto__ or begin with $, got ${show(key)}`);
}

/** Throws DataError, saying where in `what`, unless it is plain data. */
export function expectPlain(what: string, value: unknown, path = '', depth = 0): void {
  const where = path === '' ? what : `${what}: ${path}`;
  if (value === null || ['boolean', 'string', 'number'].includes(typeof value)) return;
  if (depth > MAX_DEPTH)
    throw new DataError(`checkpoint: ${what} must be at most ${MAX_DEPTH} deep, got more`);
  if (ArrayBuffer.isView(value)) {
    if (dtypeOf(value)) return;
    throw new DataError(`checkpoint: ${where} must be an array of 8 or 32 bits, got ${show(value)}`);
  }
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) expectPlain(what, value[i], `${path}[${i}]`, depth + 1);
    return;
  }
  if (typeof value !== 'object' || !isPlain(value)) {
    throw new DataError(`checkpoint: ${where} must be plain data, got ${named(value)}`);
  }
  for (const [key, entry] of Object.entries(value)) {
    expectKey(where, key);
    expectPlain(what, entry, path === '' ? key : `${path}.${key}`, depth + 1);
  }
}

function packArray(value: ArrayBufferView, tensors: NamedTensor[]): unknown {
  const data = value as Float32Array;
  const name = `${PREFIX}${tensors.length}`;
  tensors.push({ name, dtype: dtypeOf(value)!, shape: [data.length], data } as NamedTensor);
  return { $tensor: tensors.length - 1 };
}

function pack(value: CheckpointValue, tensors: NamedTensor[]): unknown {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number') return packNumber(value);
  if (ArrayBuffer.isView(value)) return packArray(value, tensors);
  if (Array.isArray(value)) return value.map((entry: CheckpointValue) => pack(entry, tensors));
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, pack(entry, tensors)]));
}

/** Tensors that hold a state. They share memory with its arrays. Throws DataError for what is no plain data. */
export function packState(state: CheckpointValue): NamedTensor[] {
  expectPlain('state', state);
  const tensors: NamedTensor[] = [];
  const json = new TextEncoder().encode(JSON.stringify(pack(state, tensors)));
  return [...tensors, { name: JSON_NAME, dtype: 'U8', shape: [json.length], data: json }];
}

function altered(what: string, cause?: unknown): FormatError {
  return new FormatError(`checkpoint: the training state must be as it was written, got ${what}`, { cause });
}

const specialNumbers = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
  ['-0', -0],
]);

/** An object of the JSON text: a number or an array that stands for itself, or a plain object. */
function unpackObject(
  value: object,
  tensors: ReadonlyMap<string, NamedTensor>,
  depth: number,
): CheckpointValue {
  const entries = Object.entries(value);
  const [key, own] = entries[0] ?? [];
  if (key === '$number') {
    const number = specialNumbers.get(String(own));
    if (number === undefined) throw altered(`a number ${show(own)}`);
    return number;
  }
  if (key === '$tensor') {
    const tensor = tensors.get(`${PREFIX}${String(own)}`);
    if (!tensor || tensor.dtype === 'U16') throw altered(`no tensor ${show(own)}`);
    return tensor.data;
  }
  // A key of that name would be harmless here, but not where the object is copied by assignment.
  if (Object.hasOwn(value, '__proto__')) throw altered('a key __proto__');
  return Object.fromEntries(entries.map(([name, entry]) => [name, unpack(entry, tensors, depth + 1)]));
}

function unpack(value: unknown, tensors: ReadonlyMap<string, NamedTensor>, depth: number): CheckpointValue {
  if (depth > MAX_DEPTH) throw altered(`more than ${MAX_DEPTH} levels`);
  if (Array.isArray(value)) return value.map((entry) => unpack(entry, tensors, depth + 1));
  if (typeof value === 'object' && value !== null) return unpackObject(value, tensors, depth);
  return value as CheckpointValue;
}

/** The state that packState() put among the tensors of a file. Throws FormatError. */
export function unpackState(tensors: ReadonlyMap<string, NamedTensor>): CheckpointValue {
  const text = tensors.get(JSON_NAME);
  if (text?.dtype !== 'U8') throw altered('none');
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(text.data));
  } catch (cause) {
    throw altered('something else than JSON', cause);
  }
  return unpack(json, tensors, 0);
}
