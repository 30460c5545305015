/** One epoch of training. */
import { AbortedError, NumericError } from '../errors.js';
import { deriveSeed, Random } from '../tensor/random.js';
import type { EpochLogs, FitRun } from './callbacks/callback.js';
import { expectNoPromise } from './callbacks/check.js';
import { evaluatePaced } from './evaluate.js';
import type { Job } from './fitOptions.js';
import type { pacer } from './pause.js';
import { type StepJob, trainStep } from './step.js';
import {
  findNonFinite,
  footprintOf,
  restoreSnapshot,
  type Snapshot,
  sparsityOf,
  takeSnapshot,
} from './trainable.js';

/** A fit that has begun. */
export type Running = Omit<Job, 'pruning' | 'augment' | 'checkpoint'> & StepJob;

/** What an epoch goes back to when it fails. */
export interface EpochStart {
  readonly weights: Snapshot;
  readonly slots: readonly (readonly Float32Array[])[];
  /** Updates of the optimizer, and steps of the model. */
  readonly step: number;
  readonly clock: number;
}

/** How far an epoch has come. */
export interface EpochProgress {
  /** From 1. */
  readonly epoch: number;
  /** Steps done. */
  step: number;
  /** Sum of the losses, samples classified right, samples seen. */
  total: number;
  correct: number;
  seen: number;
  seconds: number;
  readonly before: EpochStart;
}

/** What an epoch tells while it runs, and where it may wait. */
export interface EpochHooks {
  readonly run: FitRun;
  readonly pause: ReturnType<typeof pacer>;
  /** After a step, and when the fit is aborted: a chance to keep `progress`. */
  readonly onProgress?: (progress: EpochProgress, aborted: boolean) => Promise<void> | undefined;
}

/** An epoch that is about to begin. */
export function beginEpoch({ model, optimizer }: Running, epoch: number): EpochProgress {
  const state = model.states.of(optimizer);
  const before = {
    weights: takeSnapshot(model),
    slots: state.read(),
    step: state.step,
    clock: model.clock.steps,
  };
  return { epoch, step: 0, total: 0, correct: 0, seen: 0, seconds: 0, before };
}

function orderOf(job: Running): Uint32Array {
  const order = Uint32Array.from({ length: job.samples }, (_, i) => i);
  const { seed, clock } = job.model;
  if (job.shuffle) new Random(deriveSeed(seed, 2, clock.epochs)).shuffle(order);
  return order;
}

/** What is not finite after a step: the loss or, at the end of an epoch, a parameter or what pruning keeps. */
function nonFinite({ model, pruning }: Running, loss: number, last: boolean): string | undefined {
  if (!Number.isFinite(loss)) return `a loss of ${loss}`;
  if (!last) return undefined;
  const found = findNonFinite(model);
  if (found) return `NaN or an infinity in ${found.name}`;
  return (pruning?.process.finite?.() ?? true) ? undefined : 'NaN or an infinity in what pruning keeps';
}

function diverged({ epoch, step }: EpochProgress, what: string): NumericError {
  return new NumericError(
    `fit: loss and weights must stay finite, got ${what} in epoch ${epoch}, step ${step}; ` +
      'the weights are back where the epoch began: try a lower learning rate',
  );
}

/** Weights and optimizer as they were when the epoch began. */
function goBack({ model, optimizer, pruning }: Running, before: EpochStart): void {
  const state = model.states.of(optimizer);
  state.step = before.step;
  model.clock.steps = before.clock;
  restoreSnapshot(model, before.weights);
  state.write(before.slots);
  pruning?.process.restored?.();
}

/** Share of right answers; NaN where there are no labels. */
const accuracyOf = (job: Running, correct: number, seen: number) =>
  job.loss.targets === 'labels' ? correct / seen : Number.NaN;

/** One step; goes back where it throws: NumericError when loss or weights are not finite, any error from the step itself. */
async function step(job: Running, at: EpochProgress, order: Uint32Array): Promise<void> {
  const { model, batchSize, samples } = job;
  const first = at.step * batchSize;
  if (job.rewindAt === model.clock.steps) model.rewindPoint = takeSnapshot(model);
  const batch = order.subarray(first, Math.min(first + batchSize, samples));
  try {
    const waiting = job.pruning?.process.beforeStep?.(job.pruning.step);
    if (waiting) await waiting;
    const { loss, correct } = trainStep(job, batch);
    at.step++;
    const what = nonFinite(job, loss, first + batchSize >= samples);
    if (what) throw diverged(at, what);
    at.total += loss;
    at.correct += correct;
    at.seen += batch.length;
  } catch (error) {
    goBack(job, at.before);
    throw error;
  }
}

/** Figures of an epoch whose steps are done. */
async function finish(job: Running, at: EpochProgress, pause: EpochHooks['pause']): Promise<EpochLogs> {
  const { model, optimizer, samples, trainer } = job;
  model.clock.epochs++;
  model.clock.samplesPerSecond = samples / at.seconds;
  const logs = {
    epoch: at.epoch,
    loss: at.total / samples,
    accuracy: accuracyOf(job, at.correct, samples),
    sparsity: sparsityOf(model.parameters),
    learningRate: optimizer.learningRate(at.before.step),
    samplesPerSecond: samples / at.seconds,
    seconds: at.seconds,
    ...footprintOf(model.parameters),
  };
  if (!job.validation) return logs;
  const metrics = await evaluatePaced(trainer, job.loss, job.validation, job.validation.samples, pause);
  return { ...logs, valLoss: metrics.loss, valAccuracy: metrics.accuracy };
}

/**
 * Trains an epoch, or what is left of it. Throws NumericError, with weights and optimizer as at its begin, when the loss is
 * not finite; AbortedError.
 */
export async function runEpoch(job: Running, at: EpochProgress, hooks: EpochHooks): Promise<EpochLogs> {
  const { epoch } = at;
  const start = performance.now() - at.seconds * 1000;
  const order = orderOf(job);
  while (at.step * job.batchSize < job.samples) {
    if (job.signal?.aborted) {
      await hooks.onProgress?.(at, true);
      throw new AbortedError(`fit: aborted in epoch ${epoch}, before step ${at.step + 1}`, {
        cause: job.signal.reason,
      });
    }
    await step(job, at, order);
    const accuracy = accuracyOf(job, at.correct, at.seen);
    const logs = { epoch, step: at.step, loss: at.total / at.seen, accuracy };
    for (const callback of job.callbacks) expectNoPromise(callback.onStep?.(logs, hooks.run));
    at.seconds = (performance.now() - start) / 1000;
    const keeping = hooks.onProgress?.(at, false);
    if (keeping) await keeping;
    const pausing = hooks.pause();
    if (pausing) await pausing;
  }
  at.seconds = (performance.now() - start) / 1000;
  return finish(job, at, hooks.pause);
}
