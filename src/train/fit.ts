/** The training loop. */
import { AbortedError, NumericError, OptionError } from '../errors.js';
import { expectBoolean, expectInteger, expectOptions, show } from '../options.js';
import { deriveSeed, Random } from '../tensor/random.js';
import type { Callback, EpochLogs, FitRun, History } from './callbacks/callback.js';
import { expectData, type LabelledData, type Targets } from './data.js';
import { evaluateWith } from './evaluate.js';
import { type LossName, resolveLoss } from './losses/index.js';
import type { Loss } from './losses/loss.js';
import { adam } from './optimizers/adam.js';
import type { Optimizer } from './optimizers/optimizer.js';
import { pacer } from './pause.js';
import { restoreSnapshot, sparsityOf, type Trainable, takeSnapshot } from './trainable.js';
import { Trainer } from './trainer.js';

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
  /** Keeps the weights as they are when that many steps have been trained in all, for `survivors: 'rewind'`. */
  readonly rewindAt?: number;
  /** Stops after the current step with an AbortedError; the weights stay as that step left them. */
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

interface Job {
  readonly model: Trainable;
  readonly trainer: Trainer;
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
  readonly signal: AbortSignal | undefined;
}

function prepare(model: Trainable, x: Float32Array, y: Targets, options: FitOptions): Omit<Job, 'trainer'> {
  expectOptions('fit', options, names);
  const inputs = model.graph.inputShape.reduce((product, d) => product * d, 1);
  const outputs = model.graph.outputShape.reduce((product, d) => product * d, 1);
  const epochs = expectInteger('fit', 'epochs', options.epochs ?? 1);
  const batchSize = expectInteger('fit', 'batchSize', options.batchSize ?? 32);
  const optimizer = expectOptimizer('fit', options.optimizer ?? adam());
  const callbacks = options.callbacks ?? [];
  const made = (callback: unknown) => typeof callback === 'object' && callback !== null;
  if (!Array.isArray(callbacks) || !callbacks.every(made)) {
    throw new OptionError(
      `fit: callbacks must be a list of objects such as progressBar(), got ${show(callbacks)}`,
    );
  }
  const rewindAt =
    options.rewindAt === undefined ? undefined : expectInteger('fit', 'rewindAt', options.rewindAt, 0);
  const shuffle = expectBoolean('fit', 'shuffle', options.shuffle ?? true);
  const loss = resolveLoss('fit', options.loss, y instanceof Float32Array ? 'values' : 'labels');
  const samples = expectData('fit', x, y, inputs, outputs);
  const held = options.validation;
  const validation = held && {
    images: held.images,
    labels: held.labels,
    samples: expectData('fit: validation', held.images, held.labels, inputs, outputs),
  };
  if (held) resolveLoss('fit: validation', loss, held.labels instanceof Float32Array ? 'values' : 'labels');
  const signal = options.signal;
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
    signal,
  };
}

/** One update from the samples in `order`; returns the sum of their losses and how many were right. */
export function trainStep(
  job: Pick<Job, 'model' | 'trainer' | 'x' | 'y' | 'loss' | 'optimizer'>,
  order: Uint32Array,
): { loss: number; correct: number } {
  const { model, trainer, x, y, loss, optimizer } = job;
  const state = model.states.of(optimizer);
  trainer.stage(x, order);
  trainer.stageTargets(y, order);
  const outcome = trainer.loss(loss, trainer.forward(order.length, true), order.length);
  if (!Number.isFinite(outcome.loss)) return outcome;
  trainer.backward(order.length);
  trainer.update(optimizer, state);
  model.clock.steps++;
  return outcome;
}

function orderOf(job: Job): Uint32Array {
  const order = Uint32Array.from({ length: job.samples }, (_, i) => i);
  const { seed, clock } = job.model;
  if (job.shuffle) new Random(deriveSeed(seed, 2, clock.epochs)).shuffle(order);
  return order;
}

/** Throws what fit() would throw for the same call, and does nothing else. */
export function checkFit(model: Trainable, x: Float32Array, y: Targets, options: FitOptions): void {
  prepare(model, x, y, options);
}

function weightsAreFinite({ kernels, parameters }: Trainable): boolean {
  return parameters.every(({ address, length }) => kernels.count_nonfinite_f32(address, length) === 0);
}

function diverged(epoch: number, step: number, loss: number): NumericError {
  return new NumericError(
    `fit: loss and weights must stay finite, got a loss of ${loss} in epoch ${epoch}, step ${step}; ` +
      'the weights are back where the epoch began: try a lower learning rate',
  );
}

/** Trains one epoch; throws NumericError, with weights and optimizer as at its begin, when the loss is not finite. */
async function runEpoch(
  job: Job,
  epoch: number,
  run: FitRun,
  pause: ReturnType<typeof pacer>,
): Promise<EpochLogs> {
  const { model, optimizer, trainer, batchSize, samples } = job;
  const state = model.states.of(optimizer);
  const before = {
    weights: takeSnapshot(model),
    slots: state.read(),
    step: state.step,
    clock: model.clock.steps,
  };
  const learningRate = optimizer.learningRate(state.step);
  const start = performance.now();
  const order = orderOf(job);
  let [total, correct, seen] = [0, 0, 0];
  for (let first = 0, step = 1; first < samples; first += batchSize, step++) {
    if (job.signal?.aborted) throw new AbortedError(`fit: aborted in epoch ${epoch}, before step ${step}`);
    if (job.rewindAt === model.clock.steps) model.rewindPoint = takeSnapshot(model);
    const batch = order.subarray(first, Math.min(first + batchSize, samples));
    const outcome = trainStep(job, batch);
    const last = first + batchSize >= samples;
    if (!Number.isFinite(outcome.loss) || (last && !weightsAreFinite(model))) {
      restoreSnapshot(model, before.weights);
      state.write(before.slots);
      state.step = before.step;
      model.clock.steps = before.clock;
      throw diverged(epoch, step, outcome.loss);
    }
    total += outcome.loss;
    correct += outcome.correct;
    seen += batch.length;
    const accuracy = job.loss.targets === 'labels' ? correct / seen : Number.NaN;
    for (const callback of job.callbacks)
      callback.onStep?.({ epoch, step, loss: total / seen, accuracy }, run);
    const pausing = pause();
    if (pausing) await pausing;
  }
  model.clock.epochs++;
  const seconds = (performance.now() - start) / 1000;
  const accuracy = job.loss.targets === 'labels' ? correct / samples : Number.NaN;
  const sparsity = sparsityOf(model.parameters);
  const logs = {
    epoch,
    loss: total / samples,
    accuracy,
    sparsity,
    learningRate,
    samplesPerSecond: samples / seconds,
    seconds,
  };
  if (!job.validation) return logs;
  const { images, labels, samples: held } = job.validation;
  const metrics = evaluateWith(trainer, job.loss, images, labels, held);
  return { ...logs, valLoss: metrics.loss, valAccuracy: metrics.accuracy };
}

function record(history: History, logs: EpochLogs): void {
  for (const name of Object.keys(history) as (keyof History)[]) {
    const value = logs[name];
    if (value !== undefined) history[name].push(value);
  }
}

/**
 * Trains a model: `epochs` passes over x [n, ...inputShape] and y, in batches. All data and options are checked
 * before anything changes. Throws NumericError when the loss stops being finite; the weights are then those with
 * which the epoch began.
 */
export async function fit(
  model: Trainable,
  x: Float32Array,
  y: Targets,
  options: FitOptions,
): Promise<History> {
  const prepared = prepare(model, x, y, options);
  const job: Job = {
    ...prepared,
    trainer: Trainer.create(model, Math.min(prepared.batchSize, prepared.samples)),
  };
  let stopped = false;
  const run: FitRun = {
    epochs: job.epochs,
    stepsPerEpoch: Math.ceil(job.samples / job.batchSize),
    batchSize: job.batchSize,
    samples: job.samples,
    validates: job.validation !== undefined,
    stop: () => {
      stopped = true;
    },
    snapshot: () => takeSnapshot(model),
    restore: (snapshot) => restoreSnapshot(model, snapshot),
    encode: () => model.encode(),
  };
  const history: History = {
    loss: [],
    accuracy: [],
    valLoss: [],
    valAccuracy: [],
    sparsity: [],
    learningRate: [],
    samplesPerSecond: [],
    seconds: [],
  };
  const pause = pacer();
  model.rewindPoint ??= takeSnapshot(model);
  try {
    for (const callback of job.callbacks) await callback.onFitBegin?.(run);
    for (let epoch = 1; epoch <= job.epochs && !stopped; epoch++) {
      for (const callback of job.callbacks) await callback.onEpochBegin?.(epoch, run);
      const logs = await runEpoch(job, epoch, run, pause);
      record(history, logs);
      for (const callback of job.callbacks) await callback.onEpochEnd?.(logs, run);
    }
    if (job.rewindAt === model.clock.steps) model.rewindPoint = takeSnapshot(model);
    for (const callback of job.callbacks) await callback.onFitEnd?.(history, run);
    return history;
  } finally {
    job.trainer.free();
  }
}
