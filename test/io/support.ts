/** Files by hand and at random, shared by the tests of io. */
import fc from 'fast-check';
import { bytesOf, type Dtype, type NamedTensor } from '../../src/io/tensors.js';

/** A file of any header text and data; `declared` stands in for the true header length. */
export function fileOf(
  header: string | readonly number[],
  data: readonly number[] = [],
  declared?: bigint,
): Uint8Array {
  const text = typeof header === 'string' ? new TextEncoder().encode(header) : Uint8Array.from(header);
  const bytes = new Uint8Array(8 + text.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, declared ?? BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(data, 8 + text.length);
  return bytes;
}

const arrays = { F32: Float32Array, U8: Uint8Array, U16: Uint16Array, U32: Uint32Array, I32: Int32Array };

const anyText = fc.oneof(
  fc.string({ maxLength: 6 }),
  fc.string({ unit: 'binary', maxLength: 6 }),
  fc.constantFrom('__proto__', 'constructor', 'toString', '0', '17'),
);

const anyTensor = fc
  .record({
    name: anyText.filter((name) => name !== '__metadata__'),
    dtype: fc.constantFrom<Dtype>('F32', 'U8', 'U16', 'U32', 'I32'),
    shape: fc.array(fc.nat(4), { maxLength: 3 }),
    seed: fc.uint8Array({ minLength: 1, maxLength: 16 }),
  })
  .map(({ name, dtype, shape, seed }) => {
    const size = shape.reduce((product, dimension) => product * dimension, 1);
    const bytes = Uint8Array.from(
      { length: size * arrays[dtype].BYTES_PER_ELEMENT },
      (_, i) => seed[i % seed.length]! + i * 37,
    );
    return { name, dtype, shape, data: new arrays[dtype](bytes.buffer) } as NamedTensor;
  });

/** Any tensors with distinct names, and any metadata. */
export const anyFile = fc.record({
  tensors: fc.uniqueArray(anyTensor, { selector: (tensor) => tensor.name, maxLength: 6 }),
  metadata: fc
    .array(fc.tuple(anyText, anyText), { maxLength: 4 })
    .map((pairs) => Object.fromEntries(pairs) as Record<string, string>),
});

/** Tensors as a decoded file holds them. */
export function byName(tensors: readonly NamedTensor[]): Map<string, NamedTensor> {
  return new Map(tensors.map((tensor) => [tensor.name, tensor]));
}

/** True when two views hold the same bytes: NaN payloads and the sign of zero count. */
export function sameBytes(a: ArrayBufferView, b: ArrayBufferView): boolean {
  return Buffer.compare(bytesOf(a), bytesOf(b)) === 0;
}

/** A generator of whole numbers in [0, 2^32); Marsaglia 2003, xorshift32. */
export function randomIntegers(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}
