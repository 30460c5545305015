/** The shape that all data sets share, and ways to cut one into parts. */
import { OptionError, ShapeError } from '../src/errors.js';
import { expectInteger, show } from '../src/options.js';

/** Labelled samples, in a fixed order. */
export interface Dataset {
  /** [n, ...shape], row-major, in [0, 1]; pixels are byte / 255 rounded to float32. */
  readonly images: Float32Array;
  /** The class index of each sample, [n]. */
  readonly labels: Uint8Array;
  /** Shape of one sample, channels first: [1, 28, 28] for MNIST. */
  readonly shape: readonly number[];
}

/** Three parts of one data set that have no sample in common. */
export interface Splits {
  /** For training. */
  readonly train: Dataset;
  /** For choosing settings, and for stopping early. */
  readonly validation: Dataset;
  /** For the one final measurement. */
  readonly test: Dataset;
}

/** Numbers in one sample: the product of `dataset.shape`. */
export function sampleSize(dataset: Dataset): number {
  return dataset.shape.reduce((product, size) => product * size, 1);
}

/** Throws `ShapeError` unless images and labels count the same samples. Returns that count. */
export function expectDataset(where: string, dataset: Dataset): number {
  const { images, labels } = dataset;
  const size = sampleSize(dataset);
  if (images.length !== labels.length * size) {
    const rule = `images must hold ${labels.length} samples (one per label) of ${size} numbers`;
    throw new ShapeError(`${where}: ${rule}, got ${images.length} numbers`);
  }
  return labels.length;
}

/**
 * Samples `from` (included) to `to` (excluded), in order.
 *
 * The arrays are views on those of `dataset`, as with `subarray`: nothing is copied.
 * Throws `OptionError` unless 0 <= from <= to <= n.
 */
export function subset(dataset: Dataset, from: number, to: number): Dataset {
  const count = expectDataset('subset', dataset);
  expectInteger('subset', 'from', from, 0);
  expectInteger('subset', 'to', to, from);
  if (to > count) throw new OptionError(`subset: to must be at most ${count}, got ${to}`);
  const size = sampleSize(dataset);
  return {
    images: dataset.images.subarray(from * size, to * size),
    labels: dataset.labels.subarray(from, to),
    shape: dataset.shape,
  };
}

/** The first `count` samples, as views: `subset(dataset, 0, count)`. Throws `OptionError` when there are fewer. */
export function take(dataset: Dataset, count: number): Dataset {
  const samples = expectDataset('take', dataset);
  expectInteger('take', 'count', count, 0);
  if (count > samples) throw new OptionError(`take: count must be at most ${samples}, got ${count}`);
  return subset(dataset, 0, count);
}

/**
 * The samples at `indices`, in that order, copied; an index may occur more than once.
 *
 * Throws `OptionError` for an index that is not a whole number in [0, n).
 */
export function pick(dataset: Dataset, indices: ArrayLike<number>): Dataset {
  const count = expectDataset('pick', dataset);
  const size = sampleSize(dataset);
  const images = new Float32Array(indices.length * size);
  const labels = new Uint8Array(indices.length);
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i]!;
    if (!Number.isInteger(index) || index < 0 || index >= count) {
      throw new OptionError(`pick: indices must be whole numbers in [0, ${count}), got ${show(index)}`);
    }
    images.set(dataset.images.subarray(index * size, (index + 1) * size), i * size);
    labels[i] = dataset.labels[index]!;
  }
  return { images, labels, shape: dataset.shape };
}

/** y = byte / 255, rounded to float32: the one place where pixels become numbers, so that all sets agree bit for bit. */
export function unitFromBytes(bytes: Uint8Array): Float32Array {
  const table = Float32Array.from({ length: 256 }, (_, byte) => byte / 255);
  const units = new Float32Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    // Four pixels in five are background, and the array starts at zero.
    if (byte !== 0) units[i] = table[byte]!;
  }
  return units;
}
