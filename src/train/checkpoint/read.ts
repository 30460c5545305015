/** Reading of plain data that a file gave: nothing is taken on trust. */
import { FormatError } from '../../errors.js';
import type { CheckpointValue } from '../../io/state.js';
import { show } from '../../options.js';

export type { CheckpointValue } from '../../io/state.js';

/** An object, key by key. */
export type Fields = Readonly<Record<string, CheckpointValue | undefined>>;

/** Throws FormatError: `what` must be as it was written. */
export function refuse(what: string, value: unknown): never {
  throw new FormatError(`checkpoint: ${what} must be as it was written, got ${show(value)}`);
}

/** An object. */
export function fieldsOf(what: string, value: unknown): Fields {
  const plain = typeof value === 'object' && value !== null;
  if (!plain || Array.isArray(value) || ArrayBuffer.isView(value)) refuse(what, value);
  return value as Fields;
}

/** A list, of `length` entries where that is given. */
export function listOf(what: string, value: unknown, length?: number): readonly CheckpointValue[] {
  if (!Array.isArray(value) || (length !== undefined && value.length !== length)) refuse(what, value);
  return value;
}

/** A whole number in [0, most]. */
export function countOf(what: string, value: unknown, most = Number.MAX_SAFE_INTEGER): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0 || (value as number) > most) refuse(what, value);
  return value as number;
}

/** Any number. */
export function numberOf(what: string, value: unknown): number {
  if (typeof value !== 'number') refuse(what, value);
  return value;
}

/** A boolean. */
export function flagOf(what: string, value: unknown): boolean {
  if (typeof value !== 'boolean') refuse(what, value);
  return value;
}

/** Bytes. */
export function bytesOf(what: string, value: unknown, length: number): Uint8Array {
  if (!(value instanceof Uint8Array) || value.length !== length) refuse(what, value);
  return value;
}

/** Whole numbers of 32 bits. */
export function wordsOf(what: string, value: unknown, length?: number): Uint32Array {
  if (!(value instanceof Uint32Array) || (length !== undefined && value.length !== length))
    refuse(what, value);
  return value;
}

/** Floats, by their bits: a run that is about to diverge must come to the same end. */
export function floatsOf(what: string, value: unknown, length: number): Float32Array {
  if (!(value instanceof Float32Array) || value.length !== length) refuse(what, value);
  return value;
}
