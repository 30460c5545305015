/** The data sets that commands know by name. */
import {
  loadDigits,
  loadMnist,
  type Splits,
  sampleSize,
  split,
  syntheticDigits,
} from '../../datasets/index.js';
import { ShapeError } from '../errors.js';
import type { Sequential } from '../model/index.js';
import { sizeOf } from '../tensor/shape.js';
import type { OptionSpec } from './arguments.js';

const loaders = {
  mnist: () => loadMnist(),
  digits: () => loadDigits(),
  // One seed for all commands: another would be another task, on which no trained model does well.
  synthetic: async () =>
    split(syntheticDigits({ samples: 1800, seed: 1 }), { validation: 300, test: 300, seed: 1 }),
} as const satisfies Record<string, () => Promise<Splits>>;

/** Name of a data set. */
export type DataName = keyof typeof loaders;

/** All names. */
export const dataNames = Object.keys(loaders) as DataName[];

/** Classes of each of them. */
export const CLASSES = 10;

/** The option `--data`. */
export const dataOption = {
  type: 'string',
  value: 'NAME',
  help: 'mnist: all 70,000 images, digits: 10,000 of them, synthetic: made up, needs no files',
  default: 'mnist',
} as const satisfies OptionSpec;

/** Loads a data set: train, validation and test. */
export function loadData(name: DataName): Promise<Splits> {
  return loaders[name]();
}

/** Throws ShapeError unless `model` reads samples of `data` and tells its classes apart. */
export function expectFit(where: string, model: Sequential, name: DataName, data: Splits): void {
  const { inputShape, outputShape } = model.graph;
  const size = sampleSize(data.test);
  if (sizeOf(inputShape) !== size || sizeOf(outputShape) !== CLASSES) {
    throw new ShapeError(
      `${where}: a model for ${name} must read ${size} numbers and give ${CLASSES}, ` +
        `got one from ${sizeOf(inputShape)} to ${sizeOf(outputShape)}`,
    );
  }
}
