/** Options of fit, and their checks. */
import { OptionError } from '../errors.js';
import { expectBoolean, expectInteger, expectOptions, show } from '../options.js';
import type { Augmentation } from './augment/augmentation.js';
import type { Callback } from './callbacks/callback.js';
import { checkCallbacks } from './callbacks/check.js';
import {
  type CheckpointOptions,
  type CheckpointPlan,
  type CheckpointStore,
  checkCheckpoint,
} from './checkpoint/options.js';
import { expectData, type LabelledData, type Targets } from './data.js';
import { type LossName, resolveLoss } from './losses/index.js';
import type { Loss } from './losses/loss.js';
import { adam } from './optimizers/adam.js';
import type { Optimizer } from './optimizers/optimizer.js';
import type { TrainingPruning } from './pruning.js';
import { expectFiniteWeights, type Trainable } from './trainable.js';

/** Options of fit. */
export interface FitOptions {
  /** adam() by default. Its state goes on when the same object is given again. */
  readonly optimizer?: Optimizer;
  /** 1 by default. */
  readonly epochs?: number;
  /** 32 by default. */
  readonly batchSize?: number;
  /** By the targets: softmaxCrossEntropy for labels, meanSquaredError for floats. */
  readonly loss?: Loss | LossName;
  readonly validation?: LabelledData;
  readonly callbacks?: readonly Callback[];
  /** Another order in every epoch, decided by the model's seed; true by default. */
  readonly shuffle?: boolean;
  /**
   * Keeps the weights as they are when that many steps have been trained in all, for `survivors: 'rewind'`. At most as many as
   * there will be when the fit ends; a step that is long past keeps nothing.
   */
  readonly rewindAt?: number;
  /** Prunes, or moves connections, while it trains: gradual(), rigl(), dynamicNetworkSurgery() and others. */
  readonly pruning?: TrainingPruning;
  /** Changes the samples of every batch: augmentImages(). Losses and accuracy while training are those of what it makes. */
  readonly augment?: Augmentation;
  /**
   * Keeps the whole state of training in a file (or a store of your own), at every epoch unless told otherwise, and goes on from
   * it when it is there: the same program run again, after whatever ended it, ends with the same weights, bit for bit. A
   * finished fit is kept too, and not trained again. Another run's file is refused (CheckpointError says what differs): network,
   * first weights, data and options are compared, arrays by checksums, functions of your own by a checksum of their text and, where
   * they are schedules, by samples. What such a function closes over is not seen: give it as properties,
   * `Object.assign(score, { options: { share } })`, which are compared.
   */
  readonly checkpoint?: string | CheckpointStore | CheckpointOptions;
  /** Stops after the current step with an AbortedError; the weights stay as that step left them, and are kept. */
  readonly signal?: AbortSignal;
}

const names = [
  'optimizer',
  'epochs',
  'batchSize',
  'loss',
  'validation',
  'callbacks',
  'shuffle',
  'rewindAt',
  'pruning',
  'augment',
  'checkpoint',
  'signal',
];

/** Throws OptionError unless `optimizer` is one. */
export function expectOptimizer(where: string, optimizer: Optimizer): Optimizer {
  if (typeof optimizer?.update !== 'function' || typeof optimizer.learningRate !== 'function') {
    throw new OptionError(
      `${where}: optimizer must be made by sgd(), adam() or adamw(), got ${show(optimizer)}`,
    );
  }
  return optimizer;
}

/** A fit whose data and options have been checked. */
export interface Job {
  readonly model: Trainable;
  readonly x: Float32Array;
  readonly y: Targets;
  readonly samples: number;
  readonly optimizer: Optimizer;
  readonly loss: Loss;
  readonly epochs: number;
  readonly batchSize: number;
  readonly shuffle: boolean;
  readonly validation: (LabelledData & { samples: number }) | undefined;
  readonly callbacks: readonly Callback[];
  readonly rewindAt: number | undefined;
  readonly pruning: TrainingPruning | undefined;
  readonly augment: Augmentation | undefined;
  readonly checkpoint: CheckpointPlan | undefined;
  readonly signal: AbortSignal | undefined;
}

/** Throws OptionError for a step that is not reached. */
function checkRewindAt(
  rewindAt: number | undefined,
  { clock }: Trainable,
  steps: number,
): number | undefined {
  if (rewindAt === undefined) return undefined;
  const end = clock.steps + steps;
  if (expectInteger('fit', 'rewindAt', rewindAt, 0) <= end) return rewindAt;
  throw new OptionError(
    `fit: rewindAt must be at most ${end}, the steps that will have been trained, got ${rewindAt}`,
  );
}

/**
 * Checks everything that a fit is given, and is given again in `fits` in all. Throws what fit() throws; changes nothing.
 */
export function prepareFit(
  model: Trainable,
  x: Float32Array,
  y: Targets,
  options: FitOptions,
  fits = 1,
): Job {
  expectOptions('fit', options, names);
  const inputs = model.graph.inputShape.reduce((product, d) => product * d, 1);
  const outputs = model.graph.outputShape.reduce((product, d) => product * d, 1);
  const epochs = expectInteger('fit', 'epochs', options.epochs ?? 1);
  const batchSize = expectInteger('fit', 'batchSize', options.batchSize ?? 32);
  const optimizer = expectOptimizer('fit', options.optimizer ?? adam());
  const callbacks = checkCallbacks(options.callbacks ?? []);
  const shuffle = expectBoolean('fit', 'shuffle', options.shuffle ?? true);
  const samples = expectData('fit', x, y, inputs, outputs);
  const loss = resolveLoss('fit', options.loss, y, model.graph);
  const rewindAt = checkRewindAt(options.rewindAt, model, fits * epochs * Math.ceil(samples / batchSize));
  expectFiniteWeights('fit', model);
  const held = options.validation;
  const validation = held && {
    images: held.images,
    labels: held.labels,
    samples: expectData('fit: validation', held.images, held.labels, inputs, outputs),
  };
  if (held) resolveLoss('fit: validation', loss, held.labels);
  const { pruning, augment, signal } = options;
  const checkpoint =
    options.checkpoint === undefined ? undefined : checkCheckpoint('fit', options.checkpoint);
  if (pruning !== undefined && typeof pruning?.start !== 'function') {
    throw new OptionError(
      `fit: pruning must be made by a method such as rigl() or gradual(), got ${show(pruning)}`,
    );
  }
  if (augment !== undefined && typeof augment?.start !== 'function') {
    throw new OptionError(`fit: augment must be made by augmentImages(), got ${show(augment)}`);
  }
  augment?.check?.(model.graph.inputShape);
  if (signal !== undefined && typeof signal?.aborted !== 'boolean') {
    throw new OptionError(`fit: signal must be an AbortSignal, got ${show(signal)}`);
  }
  return {
    model,
    x,
    y,
    samples,
    optimizer,
    loss,
    epochs,
    batchSize,
    shuffle,
    validation,
    callbacks,
    rewindAt,
    pruning,
    augment,
    checkpoint,
    signal,
  };
}
