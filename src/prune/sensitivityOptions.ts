/** Options of sensitivity() and their checks. */
import { OptionError } from '../errors.js';
import { expectInteger, expectNumber, expectOneOf, expectOptions, show } from '../options.js';
import { sizeOf } from '../tensor/shape.js';
import { expectData, type LabelledData } from '../train/data.js';
import type { Trainable } from '../train/trainable.js';
import { layerOf } from './allocations/index.js';
import { resolveCriterion } from './axes.js';
import { type Calibration, type CalibrationOptions, checkCalibration, needsData } from './calibration.js';
import type { Criterion, CriterionName } from './criteria/index.js';
import { chosenWeights } from './mask.js';

/** Options of sensitivity(). Data-driven criteria look at the data that is given, unless `data` holds others. */
export interface SensitivityOptions extends CalibrationOptions {
  /** Shares of zeros to try in every layer: .5, .7, .8, .9, .95, .98 and .99 by default. */
  readonly sparsities?: readonly number[];
  /** Which weights go: magnitude by default. */
  readonly criterion?: Criterion | CriterionName;
  /** Names of the layers to try, such as `['dense1']`; all by default. */
  readonly layers?: readonly string[];
  /** Evaluate the first so many samples only; all by default. */
  readonly samples?: number;
}

const defaultSparsities = [0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99];
const names = [
  'sparsities',
  'criterion',
  'layers',
  'samples',
  'data',
  'batchSize',
  'loss',
  'onProgress',
  'signal',
];

/** Checked options. */
export interface SensitivityJob {
  readonly data: LabelledData;
  readonly samples: number;
  readonly sparsities: readonly number[];
  readonly criterion: Criterion;
  readonly layers: readonly string[] | undefined;
  readonly calibration: Calibration;
}

function checkLayers(model: Trainable, layers: unknown): readonly string[] | undefined {
  if (layers === undefined) return undefined;
  if (!Array.isArray(layers) || layers.length === 0) {
    throw new OptionError(`sensitivity: layers must be a list of at least one name, got ${show(layers)}`);
  }
  const known = chosenWeights(model).map(({ parameter }) => layerOf(parameter));
  return layers.map((name) => expectOneOf('sensitivity', 'each of layers', name, known));
}

function checkSparsities(given: unknown): number[] {
  if (!Array.isArray(given) || given.length === 0) {
    throw new OptionError(`sensitivity: sparsities must be a list of at least one share, got ${show(given)}`);
  }
  const checked = given.map((share) => expectNumber('sensitivity', 'each of sparsities', share, 0, 1));
  return [...new Set(checked)].sort((a, b) => a - b);
}

/** Throws OptionError, ShapeError or DataError for what does not fit. */
export function checkSensitivity(
  model: Trainable,
  data: LabelledData,
  options: SensitivityOptions,
): SensitivityJob {
  expectOptions('sensitivity', options, names);
  if (typeof data !== 'object' || data === null) {
    throw new OptionError(`sensitivity: data must be { images, labels }, got ${show(data)}`);
  }
  const { inputShape, outputShape } = model.graph;
  const all = expectData('sensitivity', data.images, data.labels, sizeOf(inputShape), sizeOf(outputShape));
  const samples = expectInteger('sensitivity', 'samples', options.samples ?? all);
  if (samples > all) {
    throw new OptionError(
      `sensitivity: samples must be at most ${all}, as many as there are, got ${samples}`,
    );
  }
  const criterion = resolveCriterion('sensitivity', options.criterion);
  if (criterion.scores === 'units') {
    throw new OptionError('sensitivity: criterion must score weights, got one that scores units');
  }
  const studied = { ...options, data: options.data ?? data };
  return {
    ...{ data, samples, criterion },
    sparsities: checkSparsities(options.sparsities ?? defaultSparsities),
    layers: checkLayers(model, options.layers),
    calibration: checkCalibration('sensitivity', model, studied, undefined, needsData(criterion)),
  };
}
