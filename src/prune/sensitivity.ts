/** How much of each layer a network can lose: one layer at a time, without retraining. */
import { AbortedError, OptionError } from '../errors.js';
import { show } from '../options.js';
import type { LabelledData } from '../train/data.js';
import { evaluatePaced, type Metrics } from '../train/evaluate.js';
import { pacer } from '../train/pause.js';
import { shadowOf } from '../train/shadow.js';
import type { Trainable } from '../train/trainable.js';
import { Trainer } from '../train/trainer.js';
import { keptOf } from './allocations/allocation.js';
import { layerOf } from './allocations/index.js';
import { study } from './calibration.js';
import { group } from './grouped.js';
import { chosenWeights } from './mask.js';
import { type PrunableWeight, scoreWeights } from './score.js';
import { keepHighest } from './select.js';
import { checkSensitivity, type SensitivityJob, type SensitivityOptions } from './sensitivityOptions.js';
import {
  type LayerSensitivity,
  type Sensitivity,
  type SensitivityPoint,
  sensitivityTable,
} from './sensitivityResult.js';
import { weight as singleWeights } from './structures/weight.js';
import { withText } from './textTable.js';

/** Samples that are evaluated together. */
const BATCH = 64;

type Statistics = Awaited<ReturnType<typeof study>>;

/** What is known of a weight: gathered once for all, or anew for each where one at a time is enough to hold. */
function studies(
  model: Trainable,
  { criterion, calibration }: SensitivityJob,
): (index: number) => Promise<Statistics> {
  const needs = criterion.needs ?? [];
  let all: Promise<Statistics> | undefined;
  return (index) => {
    if (criterion.layerwise) return study(model, needs, calibration, 'ranking', index);
    all ??= study(model, needs, calibration, 'ranking');
    return all;
  };
}

type KeepAt = (sparsity: number) => Uint8Array;

/** Ranks a weight; the result gives one byte a stored value, 1 keeps. What is stored sparse must be in rows. */
async function rank(
  model: Trainable,
  weight: PrunableWeight,
  { criterion, calibration }: SensitivityJob,
  statistics: Statistics,
  sparsity: number,
): Promise<KeepAt> {
  const share = () => sparsity;
  const seed = model.seed + 1; // that of the first round of prune()
  const scoring = { ...calibration.reporting, criterion, statistics, seed, share, whole: false };
  const [scores] = await scoreWeights(model, [weight], scoring);
  const { tensor, spread } = group(scores!, singleWeights);
  const { length } = weight.parameter;
  return (asked) => spread(keepHighest([tensor.keys], keptOf(length, asked))[0]!);
}

/** Tries one layer of a model whose weights may change; in the end they are what they were. */
async function tryLayer(
  model: Trainable,
  weight: PrunableWeight,
  job: SensitivityJob,
  statisticsOf: (index: number) => Promise<Statistics>,
  measure: () => Promise<Metrics>,
): Promise<LayerSensitivity> {
  const { parameter, index } = weight;
  const { length, live } = parameter;
  const sparsities = job.sparsities.filter((share) => keptOf(length, share) <= live);
  const before = parameter.values();
  if (parameter.format !== 'dense') parameter.convert('csr');
  const stored = parameter.values();
  const points: SensitivityPoint[] = [];
  let keepAt: KeepAt | undefined;
  for (const sparsity of sparsities) {
    // Most criteria rank once for all sparsities; those that choose block by block must know which one.
    if (!keepAt || job.criterion.layerwise) {
      keepAt = await rank(model, weight, job, await statisticsOf(index), sparsity);
    }
    parameter.prune(keepAt(sparsity));
    points.push({ sparsity, ...(await measure()) });
    parameter.restore(stored);
  }
  parameter.restore(before);
  return { name: layerOf(parameter), weights: length, sparsity: 1 - live / length, points };
}

/** Tries every layer, on a model whose weights may change. */
async function tryLayers(model: Trainable, job: SensitivityJob): Promise<Sensitivity> {
  const { data, samples, calibration } = job;
  const weights = chosenWeights(model, job.layers);
  const pace = pacer();
  const pause = () => {
    if (calibration.signal?.aborted)
      throw new AbortedError('sensitivity: aborted by its signal', { cause: calibration.signal.reason });
    return pace();
  };
  let done = 0;
  const total = 1 + weights.length * job.sparsities.length;
  const trainer = Trainer.create(model, BATCH);
  try {
    const measure = async () => {
      const metrics = await evaluatePaced(trainer, calibration.loss, data, samples, pause);
      calibration.onProgress?.({ phase: 'evaluating', done: ++done, total });
      return metrics;
    };
    const base = await measure();
    const statisticsOf = studies(model, job);
    const layers: LayerSensitivity[] = [];
    for (const weight of weights) {
      const tried = await tryLayer(model, weight, job, statisticsOf, measure);
      done += job.sparsities.length - tried.points.length;
      layers.push(tried);
    }
    const found = { base, layers, samples };
    return withText(found, () => sensitivityTable(found));
  } finally {
    trainer.free();
  }
}

/**
 * Prunes one layer at a time to each of some sparsities, keeping the weights that score highest, and evaluates: which layers
 * can lose much, and which nothing. No retraining. Han et al. 2015, arXiv:1506.02626, figure 6; Li et al. 2016,
 * arXiv:1608.08710, figure 2b. It works on a copy: the model is only read.
 *
 * @throws OptionError, ShapeError or DataError for options and data that do not fit; AbortedError when the signal says so;
 * MemoryError.
 *
 * @example
 * ```ts
 * import { loadModel, sensitivity } from 'espalier';
 * import { syntheticDigits } from 'espalier/datasets';
 *
 * const model = await loadModel('model.safetensors');
 * const data = syntheticDigits({ samples: 500, shape: [784] });
 * const { layers } = await sensitivity(model, data, { sparsities: [0.5, 0.9, 0.99] });
 * for (const { name, points } of layers) console.log(name, points.map(({ accuracy }) => accuracy));
 * ```
 */
export async function sensitivity(
  model: Trainable,
  data: LabelledData,
  options: SensitivityOptions = {},
): Promise<Sensitivity> {
  if (typeof model?.expectLive !== 'function') {
    throw new OptionError(
      `sensitivity: model must come from sequential() or loadModel(), got ${show(model)}`,
    );
  }
  model.expectLive('sensitivity');
  const job = checkSensitivity(model, data, options);
  const shadow = shadowOf(model);
  try {
    return await tryLayers(shadow.model, job);
  } finally {
    shadow.free();
  }
}
