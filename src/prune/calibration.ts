/** Data and loss that data-driven criteria look at. */
import { OptionError } from '../errors.js';
import { expectInteger, show } from '../options.js';
import { sizeOf } from '../tensor/shape.js';
import { expectData, type LabelledData } from '../train/data.js';
import { type LossName, resolveLoss } from '../train/losses/index.js';
import type { Loss } from '../train/losses/loss.js';
import type { Trainable } from '../train/trainable.js';
import type { Criterion } from './criteria/index.js';
import type { Scoring } from './score.js';
import { gather, readsSamples, type StatisticName, type WeightStatistics } from './statistics/index.js';

/**
 * Options that concern calibration data. The model looks at it as at inference: batch normalization by its running statistics (which
 * before any training are mean 0 and variance 1: train a little first, or normalize the samples), no dropout.
 */
export interface CalibrationOptions {
  /** Samples that data-driven criteria and `survivors: 'reconstruct'` look at; those of `fit` by default. */
  readonly data?: LabelledData;
  /** Samples that go through the model together, 64 by default. It decides the scores of `taylor` and `unitTaylor`, which are means over batches; others it does not. */
  readonly batchSize?: number;
  /** By the targets: softmaxCrossEntropy for labels, meanSquaredError for floats. */
  readonly loss?: Loss | LossName;
  /** Called while statistics are gathered: what is being done, and how much of it. */
  readonly onProgress?: (progress: { phase: string; done: number; total: number }) => void;
  /** Stops with an AbortedError; the model is then as the last round left it. */
  readonly signal?: AbortSignal;
}

/** Checked calibration data. */
export interface Calibration {
  readonly data: LabelledData;
  readonly batchSize: number;
  readonly loss: Loss;
  readonly onProgress: CalibrationOptions['onProgress'];
  readonly signal: AbortSignal | undefined;
  /** The same two, as scoring takes them. */
  readonly reporting: Pick<Scoring, 'onProgress' | 'signal'>;
}

/** Samples that go through the model together. */
const BATCH = 64;

const none: LabelledData = { images: new Float32Array(0), labels: new Uint8Array(0) };

/** True when a criterion looks at samples. */
export function needsData({ needs = [] }: Criterion): boolean {
  return needs.some(readsSamples);
}

/** Checks what is given; throws OptionError when data is needed, `by` what, and there is none. */
export function checkCalibration(
  where: string,
  { graph }: Pick<Trainable, 'graph'>,
  options: CalibrationOptions,
  fallback: LabelledData | undefined,
  needed: boolean,
  by = 'a criterion that looks at samples',
): Calibration {
  const data = options.data ?? (needed ? fallback : undefined);
  if (needed && (typeof data !== 'object' || data === null)) {
    throw new OptionError(`${where}: data must be { images, labels } for ${by}, got ${show(data)}`);
  }
  if (data) expectData(where, data.images, data.labels, sizeOf(graph.inputShape), sizeOf(graph.outputShape));
  const { onProgress, signal } = options;
  if (onProgress !== undefined && typeof onProgress !== 'function') {
    throw new OptionError(`${where}: onProgress must be a function, got ${show(onProgress)}`);
  }
  return {
    data: data ?? none,
    batchSize: expectInteger(where, 'batchSize', options.batchSize ?? BATCH),
    loss: resolveLoss(where, options.loss, data?.labels),
    onProgress,
    signal,
    reporting: { onProgress: (phase, done, total) => onProgress?.({ phase, done, total }), signal },
  };
}

/** What of these options decides what comes out, with its defaults, for a checkpoint. Throws OptionError for an unknown loss. */
export function calibrationTold(where: string, { data, batchSize = BATCH, loss }: CalibrationOptions) {
  return { data, batchSize, loss: resolveLoss(where, loss, data?.labels) };
}

/** What is known of the weights, by their position in the model; of one weight alone with `only`. */
export function study(
  model: Trainable,
  names: readonly StatisticName[],
  { data, batchSize, loss, onProgress, signal }: Calibration,
  phase: string,
  only?: number,
): Promise<ReadonlyMap<number, Partial<WeightStatistics>>> {
  if (names.length === 0) return Promise.resolve(new Map());
  return gather(names, {
    model,
    data,
    batchSize,
    loss,
    seed: model.seed,
    onProgress: (done, total) => onProgress?.({ phase, done, total }),
    ...(signal && { signal }),
    ...(only !== undefined && { only }),
  });
}
