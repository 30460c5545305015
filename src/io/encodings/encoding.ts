/** What every encoding of a weight implements, and what they share. */
import { FormatError } from '../../errors.js';
import type { ParameterValues } from '../../graph/network.js';
import { show } from '../../options.js';
import type { Engine } from '../../runtime/engine.js';
import { clip } from '../jsonScanner.js';
import type { ArrayOf, Dtype, NamedTensor } from '../tensors.js';

/** A weight about to be written. */
export interface WeightData {
  readonly name: string;
  readonly shape: readonly number[];
  /** Number of elements. */
  readonly length: number;
  /** All values; may be laid out only when asked for. */
  readonly values: Float32Array;
  readonly masked: boolean;
  /** Rising positions of the entries that a sparse form stores: the live ones, or all but +0 without a mask. */
  readonly kept: Uint32Array;
  /** Their values, where they are known without looking into `values`. */
  readonly stored?: Float32Array;
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
  /** Its kernels save time; results are the same. */
  readonly engine?: Engine | undefined;
}

/** Values and mask as they were; of a sparse form also its entries, and whole arrays only when asked for. */
export type WeightValues = ParameterValues;

/** One way to store a weight without loss. */
export interface Encoding {
  /** Bytes in the file, header included (estimated); Infinity when it would lose something. */
  sizeBytes(weight: WeightData): number;
  encode(weight: WeightData): NamedTensor[];
  /** Bytes that a decoded weight, and the model that holds it, will take: asked before anything is allocated. */
  decodedBytes(source: WeightSource): number;
  /** Memory is granted beforehand. FormatError when the tensors do not fit. */
  decode(source: WeightSource): WeightValues & { readonly shape: readonly number[] };
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
export function gatherKept(weight: WeightData): Float32Array {
  if (weight.stored) return weight.stored;
  const { values, kept } = weight;
  const gathered = new Float32Array(kept.length);
  const from = floatBits(values);
  const to = floatBits(gathered);
  for (let i = 0; i < kept.length; i++) to[i] = from[kept[i]!]!;
  return gathered;
}

/**
 * Decoded bytes of a form that stores some entries: those alone if the rest is pruned, and a word for every row and every
 * column, which pointers and inputs take however few entries there are.
 */
export function entryBytes({ name, shape, length, masked, tensors }: WeightSource): number {
  if (!masked) return 4 * length; // zeros that are not pruned are weights like others
  const rows = shape[0] || 1;
  return 8 * (tensors.get(`${name}.values`)?.data.length ?? 0) + 4 * (rows + length / rows);
}
