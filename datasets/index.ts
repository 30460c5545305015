/**
 * Data sets in one shape, for Node: MNIST, digits, IDX files, made-up ones. `import { loadMnist } from 'espalier/datasets'`.
 *
 * @module espalier/datasets
 */
export { type Dataset, pick, type Splits, sampleSize, subset, take } from './dataset.js';
export { type DigitsOptions, loadDigits } from './digits.js';
export { type FromIdxOptions, fromIdx, type IdxArray, type IdxOptions, parseIdx } from './idx.js';
export { loadMnist, type MnistOptions } from './mnist.js';
export { type SplitOptions, split } from './split.js';
export { type SyntheticOptions, syntheticDigits } from './synthetic.js';
