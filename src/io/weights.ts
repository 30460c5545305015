/** Weights and their masks to tensors and back, bit for bit, in whichever encoding is smallest. */
import { DataError, FormatError, ShapeError } from '../errors.js';
import type { ParameterValues } from '../graph/network.js';
import { show } from '../options.js';
import type { Engine } from '../runtime/engine.js';
import { Allowance, elementCount } from './budget.js';
import type { WeightData, WeightValues } from './encodings/encoding.js';
import { floatBits } from './encodings/encoding.js';
import { type EncodingName, encodings } from './encodings/index.js';
import { clip } from './jsonScanner.js';
import type { NamedTensor } from './tensors.js';

/** What a reader must know of a stored weight besides its tensors; plain JSON, kept in the metadata of a file. */
export interface WeightEncoding {
  readonly kind: EncodingName;
  readonly shape: readonly number[];
  readonly masked: boolean;
}

/** A weight as the tensors of a file. */
export interface EncodedWeight {
  readonly tensors: readonly NamedTensor[];
  readonly encoding: WeightEncoding;
}

/** Positions are 32 bits wide. */
const MAX_LENGTH = 2 ** 32 - 1;

function expectMask(where: string, values: Float32Array, mask: Uint8Array): void {
  if (mask.length !== values.length) {
    throw new ShapeError(`${where}: mask must have ${values.length} elements, got ${mask.length}`);
  }
  for (let i = 0; i < mask.length; i++) {
    const kept = mask[i]!;
    if (kept > 1) throw new DataError(`${where}: mask must hold 0 and 1, got ${kept} at ${i}`);
    if (kept === 0 && values[i] !== 0) {
      throw new DataError(`${where}: masked weights must be 0, got ${values[i]} at ${i}`);
    }
  }
}

function describeWeight(
  name: string,
  shape: readonly number[],
  values: Float32Array,
  mask: Uint8Array | null,
): WeightData {
  const where = `encodeWeight: ${clip(name)}`;
  const length = values.length;
  const whole = shape.every((dimension) => Number.isSafeInteger(dimension) && dimension >= 0);
  if (!whole || elementCount(where, shape) !== length || length > MAX_LENGTH) {
    throw new ShapeError(`${where}: shape must hold ${length} elements, fewer than 2^32, got ${show(shape)}`);
  }
  if (mask !== null) expectMask(where, values, mask);
  const bits = floatBits(values);
  const positions = new Uint32Array(length);
  let count = 0;
  let restIsPositiveZero = true;
  for (let i = 0; i < length; i++) {
    if (mask === null ? bits[i] !== 0 : mask[i] === 1) positions[count++] = i;
    else if (bits[i] !== 0) restIsPositiveZero = false;
  }
  const kept = positions.subarray(0, count);
  return { name, shape, length, values, masked: mask !== null, kept, restIsPositiveZero };
}

/** The same of a parameter whose live values are known: nothing is laid out unless the encoding asks for it. */
function describeParameter(name: string, shape: readonly number[], given: ParameterValues): WeightData {
  const { entries, pruned, length } = given;
  if (!entries || !pruned || length === undefined) {
    return describeWeight(name, shape, given.values, given.mask);
  }
  const { positions: kept, values: stored } = entries;
  const rest = { masked: true, kept, stored, restIsPositiveZero: true };
  return {
    name,
    shape,
    length,
    ...rest,
    get values() {
      return given.values;
    },
  };
}

/**
 * The smallest encoding that restores `values` and `mask` to the last bit: -0, NaN payloads and live zeros included.
 *
 * values [product of shape] f32; mask one byte of 0 or 1 an element, 1 keeps, or null. Tensors may share memory
 * with `values`. ShapeError when lengths differ; DataError for other mask values and for masked weights that are
 * not 0 (a masked -0 is kept too, but only dense form can hold it).
 */
export function encodeWeight(
  name: string,
  shape: readonly number[],
  values: Float32Array,
  mask: Uint8Array | null = null,
): EncodedWeight {
  return encode(describeWeight(name, shape, values, mask));
}

/** As encodeWeight, for a parameter of a network. */
export function encodeParameter(
  name: string,
  shape: readonly number[],
  given: ParameterValues,
): EncodedWeight {
  return encode(describeParameter(name, shape, given));
}

function encode(weight: WeightData): EncodedWeight {
  let kind: EncodingName = 'dense';
  let smallest = Infinity;
  for (const candidate of Object.keys(encodings) as EncodingName[]) {
    const size = encodings[candidate].sizeBytes(weight);
    if (size < smallest) {
      kind = candidate;
      smallest = size;
    }
  }
  return {
    tensors: encodings[kind].encode(weight),
    encoding: { kind, shape: [...weight.shape], masked: weight.masked },
  };
}

/** Checks that `value`, parsed from a file, describes an encoded weight; FormatError otherwise. */
export function parseWeightEncoding(where: string, value: unknown): WeightEncoding {
  if (typeof value !== 'object' || value === null) {
    throw new FormatError(`${where}: encoding must be an object, got ${show(value)}`);
  }
  const { kind, shape, masked } = value as Record<string, unknown>;
  if (typeof kind !== 'string' || !Object.hasOwn(encodings, kind)) {
    throw new FormatError(
      `${where}: encoding must be one of ${Object.keys(encodings).join(', ')}, got ${show(kind)}`,
    );
  }
  if (
    !Array.isArray(shape) ||
    !shape.every((dimension) => Number.isSafeInteger(dimension) && dimension >= 0)
  ) {
    throw new FormatError(`${where}: shape must be whole numbers >= 0, got ${show(shape)}`);
  }
  if (typeof masked !== 'boolean') {
    throw new FormatError(`${where}: masked must be true or false, got ${show(masked)}`);
  }
  return { kind: kind as EncodingName, shape, masked };
}

function storedSize(tensors: ReadonlyMap<string, NamedTensor>): number {
  let bytes = 0;
  for (const tensor of tensors.values()) bytes += tensor.data.byteLength;
  return bytes;
}

/**
 * The weight that `encodeWeight` wrote, from the tensors of its file. `values` may share memory with them.
 *
 * A sparse weight may be far larger than its file, so its size is taken from `allowance` before any memory is:
 * give one Allowance to all weights of a file; by default each call has that of the tensors given.
 * FormatError when description, tensors and each other do not fit, or the allowance is spent.
 */
export function decodeWeight(
  name: string,
  encoding: unknown,
  tensors: ReadonlyMap<string, NamedTensor>,
  allowance: Allowance = new Allowance(storedSize(tensors)),
  engine?: Engine,
): WeightValues & { readonly shape: readonly number[] } {
  const where = `decodeWeight: ${clip(name)}`;
  const { kind, shape, masked } = parseWeightEncoding(where, encoding);
  const length = elementCount(where, shape);
  if (length > MAX_LENGTH)
    throw new FormatError(`${where}: shape must hold fewer than 2^32 elements, got ${length}`);
  const source = { name, shape, length, masked, tensors, engine };
  allowance.take(where, length, encodings[kind].decodedBytes(source));
  return encodings[kind].decode(source);
}
