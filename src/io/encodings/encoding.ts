/** What every encoding of a weight implements, and what they share. */
import { FormatError } from '../../errors.js';
import { show } from '../../options.js';
import { clip } from '../jsonScanner.js';
import type { ArrayOf, Dtype, NamedTensor } from '../tensors.js';

/** A weight about to be written. */
export interface WeightData {
  readonly name: string;
  readonly shape: readonly number[];
  /** Number of elements. */
  readonly length: number;
  readonly values: Float32Array;
  /** One byte of 0 or 1 an element, or null for a weight without mask. */
  readonly mask: Uint8Array | null;
  /** Rising positions of the entries that a sparse form stores: the live ones, or all but +0 without a mask. */
  readonly kept: Uint32Array;
  /** False when an entry not kept is -0, which no sparse form could restore. */
  readonly restIsPositiveZero: boolean;
}

/** A weight about to be read: its length, whether it had a mask, and the tensors of the file. */
export interface WeightSource {
  readonly name: string;
  readonly shape: readonly number[];
  readonly length: number;
  readonly masked: boolean;
  readonly tensors: ReadonlyMap<string, NamedTensor>;
}

/** Values and mask as they were. */
export interface WeightValues {
  readonly values: Float32Array;
  readonly mask: Uint8Array | null;
}

/** One way to store a weight without loss. */
export interface Encoding {
  /** Bytes in the file, header included (estimated); Infinity when it would lose something. */
  sizeBytes(weight: WeightData): number;
  encode(weight: WeightData): NamedTensor[];
  /** Memory is for `source.length` elements, granted beforehand. FormatError when the tensors do not fit. */
  decode(source: WeightSource): WeightValues;
}

/** Bytes that a tensor of `dataBytes` takes in a file: data and about 64 bytes of header. */
export function storedBytes(dataBytes: number): number {
  return dataBytes + 64;
}

/** The elements of the tensor `name`; FormatError unless it exists with that type and shape (null for any vector). */
export function elementsOf<D extends Dtype>(
  source: WeightSource,
  name: string,
  dtype: D,
  shape: readonly number[] | null,
): ArrayOf[D] {
  const tensor = source.tensors.get(name);
  const fits =
    tensor?.dtype === dtype &&
    (shape === null
      ? tensor.shape.length === 1
      : tensor.shape.length === shape.length && tensor.shape.every((dimension, i) => dimension === shape[i]));
  if (!fits) {
    const got = tensor === undefined ? 'no such tensor' : `${tensor.dtype} ${show(tensor.shape)}`;
    throw new FormatError(
      `decodeWeight: ${clip(name)} must be ${dtype} ${shape === null ? '[any]' : show(shape)}, got ${got}`,
    );
  }
  return tensor.data as ArrayOf[D];
}

/** The float32 bits of `values`, shared: copied as numbers, a NaN may come out with other bits. */
export function floatBits(values: Float32Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length);
}

/** The kept entries alone, in order. */
export function gatherKept({ values, kept }: WeightData): Float32Array {
  const gathered = new Float32Array(kept.length);
  const from = floatBits(values);
  const to = floatBits(gathered);
  for (let i = 0; i < kept.length; i++) to[i] = from[kept[i]!]!;
  return gathered;
}
