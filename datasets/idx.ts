/** IDX, the format of the MNIST files: big-endian header, then raw bytes. Works anywhere, browsers included. */
import { FormatError } from '../src/errors.js';
import { expectInteger, expectOptions, show } from '../src/options.js';
import { type Dataset, unitFromBytes } from './dataset.js';

/** An IDX file, decoded. */
export interface IdxArray {
  /** Sizes, outermost first: [60000, 28, 28] for the training images of MNIST. */
  readonly shape: readonly number[];
  /** The product of `shape` bytes, row-major: a view on the bytes that were given. */
  readonly data: Uint8Array;
}

/** Options of {@link parseIdx}. */
export interface IdxOptions {
  /** Name for error messages. Default `'IDX data'`. */
  readonly file?: string;
  /** The number of sizes that is expected; any from 1 up when absent. */
  readonly rank?: number;
}

const UINT8_TYPE = 0x08;
const MAGIC_BYTES = 4;
const SIZE_BYTES = 4;

const hex = (byte: number) => `0x${byte.toString(16).padStart(2, '0')}`;

function parseMagic(where: string, bytes: Uint8Array, rank: number | undefined): number {
  const fail = (rule: string, got: string) => new FormatError(`${where}: ${rule}, got ${got}`);
  if (bytes.length < MAGIC_BYTES) throw fail('the magic number takes 4 bytes', `${bytes.length} bytes`);
  const [zero0, zero1, type, found] = bytes as Uint8Array & [number, number, number, number];
  if (zero0 !== 0 || zero1 !== 0) {
    const hint = zero0 === 0x1f && zero1 === 0x8b ? ' (a gzip file: decompress it first)' : '';
    throw fail('the first two bytes must be 0', `${hex(zero0)} ${hex(zero1)}${hint}`);
  }
  if (type !== UINT8_TYPE) throw fail(`the type must be ${hex(UINT8_TYPE)} (uint8)`, hex(type));
  if (found === 0) throw fail('the rank must be >= 1', '0');
  if (rank !== undefined && found !== rank) throw fail(`the rank must be ${rank}`, String(found));
  return found;
}

/**
 * Decodes one IDX file: bytes 00 00, type (08, uint8, is the only one taken), rank; then `rank` unsigned 32-bit
 * big-endian sizes, each >= 1; then exactly their product of bytes. Source: Y. LeCun, the MNIST database page.
 *
 * Throws `FormatError` with the name of the file, the rule and the value that breaks it.
 */
export function parseIdx(bytes: Uint8Array, options: IdxOptions = {}): IdxArray {
  expectOptions('parseIdx', options, ['file', 'rank']);
  if (options.rank !== undefined) expectInteger('parseIdx', 'rank', options.rank, 1);
  const where = `parseIdx: ${options.file ?? 'IDX data'}`;
  if (!(bytes instanceof Uint8Array))
    throw new FormatError(`${where}: must be a Uint8Array, got ${show(bytes)}`);
  const rank = parseMagic(where, bytes, options.rank);
  const headerBytes = MAGIC_BYTES + rank * SIZE_BYTES;
  if (bytes.length < headerBytes) {
    throw new FormatError(
      `${where}: a header of rank ${rank} takes ${headerBytes} bytes, got ${bytes.length}`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, headerBytes);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(MAGIC_BYTES + axis * SIZE_BYTES));
  if (shape.includes(0))
    throw new FormatError(`${where}: every size must be >= 1, got [${shape.join(', ')}]`);
  // A product that doubles cannot hold is still larger than any file, so comparing it is safe.
  const product = shape.reduce((total, size) => total * size, 1);
  const data = bytes.subarray(headerBytes);
  if (product !== data.length) {
    const rule = `sizes [${shape.join(', ')}] need ${product} bytes after the header`;
    throw new FormatError(`${where}: ${rule}, got ${data.length}`);
  }
  return { shape, data };
}

/** Options of {@link fromIdx}. */
export interface FromIdxOptions {
  /** Name of the images in error messages. Default `'images'`. */
  readonly imagesFile?: string;
  /** Name of the labels in error messages. Default `'labels'`. */
  readonly labelsFile?: string;
}

/**
 * A data set from the bytes of two IDX files: images [n, height, width], labels [n]. Sample shape [1, height, width].
 *
 * For sets in the format of MNIST (Fashion-MNIST, Kuzushiji-MNIST), and for files fetched by a browser.
 * Throws `FormatError` when a file is malformed or when the two count different samples.
 */
export function fromIdx(images: Uint8Array, labels: Uint8Array, options: FromIdxOptions = {}): Dataset {
  expectOptions('fromIdx', options, ['imagesFile', 'labelsFile']);
  const { imagesFile = 'images', labelsFile = 'labels' } = options;
  const pixels = parseIdx(images, { file: imagesFile, rank: 3 });
  const classes = parseIdx(labels, { file: labelsFile, rank: 1 });
  const [count, height, width] = pixels.shape as [number, number, number];
  if (classes.data.length !== count) {
    const rule = `${labelsFile} must hold one label for each of the ${count} images of ${imagesFile}`;
    throw new FormatError(`fromIdx: ${rule}, got ${classes.data.length}`);
  }
  return {
    images: unitFromBytes(pixels.data),
    labels: new Uint8Array(classes.data),
    shape: [1, height, width],
  };
}
