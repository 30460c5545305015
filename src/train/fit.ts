/** The training loop. */
import { AbortedError, NumericError } from '../errors.js';
import { deriveSeed, Random } from '../tensor/random.js';
import type { EpochLogs, FitRun, History } from './callbacks/callback.js';
import type { Targets } from './data.js';
import { evaluateWith } from './evaluate.js';
import { type FitOptions, type Job, prepareFit } from './fitOptions.js';
import { pacer } from './pause.js';
import type { PruningProcess } from './pruning.js';
import { type StepJob, trainStep } from './step.js';
import { footprintOf, restoreSnapshot, sparsityOf, type Trainable, takeSnapshot } from './trainable.js';
import { Trainer } from './trainer.js';

type Running = Omit<Job, 'pruning' | 'augment'> & StepJob;

function orderOf(job: Running): Uint32Array {
  const order = Uint32Array.from({ length: job.samples }, (_, i) => i);
  const { seed, clock } = job.model;
  if (job.shuffle) new Random(deriveSeed(seed, 2, clock.epochs)).shuffle(order);
  return order;
}

function weightsAreFinite({ model, pruning }: Running): boolean {
  const { kernels, parameters } = model;
  const finite = parameters.every(({ address, count }) => kernels.count_nonfinite_f32(address, count) === 0);
  return finite && (pruning?.process.finite?.() ?? true);
}

function diverged(epoch: number, step: number, loss: number): NumericError {
  return new NumericError(
    `fit: loss and weights must stay finite, got a loss of ${loss} in epoch ${epoch}, step ${step}; ` +
      'the weights are back where the epoch began: try a lower learning rate',
  );
}

/** Trains one epoch; throws NumericError, with weights and optimizer as at its begin, when the loss is not finite. */
async function runEpoch(
  job: Running,
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
    const waiting = job.pruning?.process.beforeStep?.(job.pruning.step);
    if (waiting) await waiting;
    const outcome = trainStep(job, batch);
    const last = first + batchSize >= samples;
    if (!Number.isFinite(outcome.loss) || (last && !weightsAreFinite(job))) {
      restoreSnapshot(model, before.weights);
      state.write(before.slots);
      job.pruning?.process.restored?.();
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
  model.clock.samplesPerSecond = samples / seconds;
  const accuracy = job.loss.targets === 'labels' ? correct / samples : Number.NaN;
  const logs = {
    epoch,
    loss: total / samples,
    accuracy,
    sparsity: sparsityOf(model.parameters),
    learningRate,
    samplesPerSecond: samples / seconds,
    seconds,
    ...footprintOf(model.parameters),
  };
  if (!job.validation) return logs;
  const { images, labels, samples: held } = job.validation;
  const metrics = evaluateWith(trainer, job.loss, images, labels, held);
  return { ...logs, valLoss: metrics.loss, valAccuracy: metrics.accuracy };
}

function record(history: History, logs: EpochLogs): void {
  for (const [name, list] of Object.entries(history) as [keyof History, (number | string)[]][]) {
    const value = logs[name];
    if (value !== undefined) list.push(value);
  }
}

/** Buffers, and the processes of augmentation and pruning that take part; all of it or, with an error, nothing. */
function begin(prepared: Job, stepsPerEpoch: number): Running {
  const { model, optimizer, pruning } = prepared;
  const augment = prepared.augment?.start(model);
  let process: PruningProcess | undefined;
  try {
    process = pruning?.start(model, {
      steps: prepared.epochs * stepsPerEpoch,
      stepsPerEpoch,
      moments: (index) => model.states.of(optimizer).addresses(index),
    });
    const trainer = Trainer.create(model, Math.min(prepared.batchSize, prepared.samples));
    return { ...prepared, trainer, augment, pruning: process && { process, step: 0 } };
  } catch (error) {
    process?.end?.();
    augment?.end?.();
    throw error;
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
  const prepared = prepareFit(model, x, y, options);
  const stepsPerEpoch = Math.ceil(prepared.samples / prepared.batchSize);
  const job = begin(prepared, stepsPerEpoch);
  const process = job.pruning?.process;
  let stopped = false;
  const run: FitRun = {
    epochs: job.epochs,
    stepsPerEpoch,
    batchSize: job.batchSize,
    samples: job.samples,
    validates: job.validation !== undefined,
    stop: () => {
      stopped = true;
    },
    snapshot: () => takeSnapshot(model),
    restore: (snapshot) => {
      restoreSnapshot(model, snapshot);
      process?.restored?.();
    },
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
    liveWeights: [],
    trainingBytes: [],
    storage: [],
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
    process?.end?.();
    if (job.rewindAt === model.clock.steps) model.rewindPoint = takeSnapshot(model);
    for (const callback of job.callbacks) await callback.onFitEnd?.(history, run);
    return history;
  } finally {
    job.trainer.free();
    process?.end?.();
    job.augment?.end?.();
  }
}
