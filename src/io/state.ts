/** State of a run as plain data: JSON with its arrays as tensors beside it. */
import { DataError, FormatError } from '../errors.js';
import { show } from '../options.js';
import type { NamedTensor } from './tensors.js';

/**
 * What a checkpoint can hold: plain data, NaN and infinities included, with typed arrays of 8 and 32 bits. Keys of objects must
 * not begin with `$`.
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

function packArray(value: ArrayBufferView, tensors: NamedTensor[]): unknown {
  const found = dtypes.find(([type]) => value instanceof type);
  if (!found) throw new DataError(`checkpoint: arrays must be of 8 or 32 bits, got ${show(value)}`);
  const data = value as Float32Array;
  const name = `${PREFIX}${tensors.length}`;
  tensors.push({ name, dtype: found[1], shape: [data.length], data } as NamedTensor);
  return { $tensor: tensors.length - 1 };
}

function pack(value: unknown, tensors: NamedTensor[], depth: number): unknown {
  if (depth > MAX_DEPTH) throw new DataError(`checkpoint: state must be at most ${MAX_DEPTH} deep, got more`);
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number') return packNumber(value);
  if (ArrayBuffer.isView(value)) return packArray(value, tensors);
  if (Array.isArray(value)) return value.map((entry) => pack(entry, tensors, depth + 1));
  if (typeof value !== 'object') {
    throw new DataError(`checkpoint: state must be plain data, got ${show(value)}`);
  }
  const entries = Object.entries(value).map(([key, entry]) => {
    if (key.startsWith('$')) {
      throw new DataError(`checkpoint: keys must not begin with $, got ${show(key)}`);
    }
    return [key, pack(entry, tensors, depth + 1)] as const;
  });
  return Object.fromEntries(entries);
}

/** Tensors that hold a state. They share memory with its arrays. Throws DataError for what is no plain data. */
export function packState(state: CheckpointValue): NamedTensor[] {
  const tensors: NamedTensor[] = [];
  const json = new TextEncoder().encode(JSON.stringify(pack(state, tensors, 0)));
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

/** An object of the JSON text: a number or an array that stands for itself, or a plain object without a prototype. */
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
  const object = Object.create(null) as Record<string, CheckpointValue>;
  for (const [name, entry] of entries) object[name] = unpack(entry, tensors, depth + 1);
  return object;
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
