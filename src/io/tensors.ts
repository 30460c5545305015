/** Named tensors as plain data: what files hold, before anything is a model. */
import { DataError, ShapeError } from '../errors.js';
import { show } from '../options.js';

/** The typed array of each element type. */
export interface ArrayOf {
  F32: Float32Array;
  U8: Uint8Array;
  U16: Uint16Array;
  U32: Uint32Array;
  I32: Int32Array;
}

/** Element types that are read and written, by their safetensors names. */
export type Dtype = keyof ArrayOf;

const CONSTRUCTORS = {
  F32: Float32Array,
  U8: Uint8Array,
  U16: Uint16Array,
  U32: Uint32Array,
  I32: Int32Array,
} as const;

/** All element types. */
export const DTYPES = Object.keys(CONSTRUCTORS) as readonly Dtype[];

/** Bytes of one element. */
export function elementBytes(dtype: Dtype): number {
  return CONSTRUCTORS[dtype].BYTES_PER_ELEMENT;
}

/** One tensor: `data` is row-major and holds as many elements as the product of `shape` (1 for rank 0). */
export type NamedTensor = {
  readonly [D in Dtype]: {
    readonly name: string;
    readonly dtype: D;
    readonly shape: readonly number[];
    readonly data: ArrayOf[D];
  };
}[Dtype];

/** The tensor whose elements are all of `bytes`, which begin a buffer of their own. */
export function tensorOver(
  name: string,
  dtype: Dtype,
  shape: readonly number[],
  bytes: Uint8Array<ArrayBuffer>,
): NamedTensor {
  return { name, dtype, shape, data: new CONSTRUCTORS[dtype](bytes.buffer) } as NamedTensor;
}

/** The bytes of a typed array, shared. */
export function bytesOf(data: ArrayBufferView): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** True for text with a surrogate that lacks its other half: such text has no UTF-8 form. */
export function hasLoneSurrogate(text: string): boolean {
  return /[\ud800-\udfff]/u.test(text);
}

/** Throws unless `tensor` can be written: DataError for name and type, ShapeError when `data` does not fit `shape`. */
export function expectTensor(where: string, tensor: NamedTensor): void {
  const { name, dtype, shape, data } = tensor;
  if (typeof name !== 'string' || name === '__metadata__' || hasLoneSurrogate(name)) {
    throw new DataError(
      `${where}: tensor name must be well-formed text other than __metadata__, got ${show(name)}`,
    );
  }
  if (!DTYPES.includes(dtype)) {
    throw new DataError(
      `${where}: dtype of ${show(name)} must be one of ${DTYPES.join(', ')}, got ${show(dtype)}`,
    );
  }
  if (!(data instanceof CONSTRUCTORS[dtype])) {
    const array = CONSTRUCTORS[dtype].name;
    throw new DataError(`${where}: data of ${show(name)} must be ${array} for ${dtype}, got ${show(data)}`);
  }
  const whole = shape.every((dimension) => Number.isSafeInteger(dimension) && dimension >= 0);
  if (!whole || shape.reduce((product, dimension) => product * dimension, 1) !== data.length) {
    throw new ShapeError(
      `${where}: shape of ${show(name)} must hold ${data.length} elements, got ${show(shape)}`,
    );
  }
}
