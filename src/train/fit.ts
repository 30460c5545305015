/** The training loop. */
import type { FitRun, History } from './callbacks/callback.js';
import { type FitPosition, type FitState, packFit, readFit } from './checkpoint/fitState.js';
import { describeFit, describeModel } from './checkpoint/identity.js';
import { type Keeper, RunKeeper } from './checkpoint/keeper.js';
import {
  asFormatError,
  resumeCallbacks,
  resumeModel,
  resumeProcess,
  type Undo,
  undo,
  undoOf,
} from './checkpoint/resume.js';
import type { Targets } from './data.js';
import { endAll, withEnds } from './ends.js';
import { beginEpoch, type EpochProgress, type Running, runEpoch } from './epoch.js';
import { begin, runOf } from './fitBegin.js';
import { type FitOptions, type Job, prepareFit } from './fitOptions.js';
import { emptyHistory, record } from './history.js';
import { pacer } from './pause.js';
import { type Trainable, takeSnapshot } from './trainable.js';

/** A fit under way: what callbacks see of it, where it stands, and where that is kept. */
interface Fit {
  readonly job: Running;
  readonly run: FitRun;
  readonly at: FitPosition;
  readonly keeper: Keeper | undefined;
}

async function keep({ job, at, keeper }: Fit): Promise<void> {
  await keeper?.save(packFit(job, at));
}

/** Keeps the state within an epoch when it is time to, or when the fit is aborted. */
function progressKeeper(fit: Fit) {
  const { at, run, keeper } = fit;
  if (!keeper) return undefined;
  const { everySteps, everyEpochs } = keeper.plan;
  return (progress: EpochProgress, aborted: boolean): Promise<void> | undefined => {
    const steps = (at.epoch - 1) * run.stepsPerEpoch + progress.step;
    // The end of an epoch is kept with its figures, when it is to be kept at all.
    const later = progress.step === run.stepsPerEpoch && at.epoch % everyEpochs === 0;
    if (!aborted && (steps % everySteps !== 0 || later)) return undefined;
    at.progress = progress;
    return keep(fit);
  };
}

/** The epochs that are left. */
async function runEpochs(fit: Fit): Promise<void> {
  const { job, run, at, keeper } = fit;
  const pause = pacer();
  const onProgress = progressKeeper(fit);
  while (at.epoch <= job.epochs && !(at.stopped && !at.progress)) {
    if (!at.progress) {
      for (const callback of job.callbacks) await callback.onEpochBegin?.(at.epoch, run);
    }
    const progress = at.progress ?? beginEpoch(job, at.epoch);
    const logs = await runEpoch(job, progress, { run, pause, ...(onProgress && { onProgress }) });
    at.progress = undefined;
    record(at.history, logs);
    for (const callback of job.callbacks) await callback.onEpochEnd?.(logs, run);
    const last = at.stopped || at.epoch === job.epochs;
    at.epoch++;
    // The end of the fit is kept when callbacks have seen it.
    if (keeper && !last && (at.epoch - 1) % keeper.plan.everyEpochs === 0) await keep(fit);
  }
}

/** Calls the hooks of the begin, with the model where the fit goes on; what throws leaves everything as it was. */
async function open({ job, run, at, keeper }: Fit, found: FitState | undefined, before: Undo | undefined) {
  const { model, callbacks } = job;
  try {
    if (found) {
      resumeModel(model, job.optimizer, found);
      resumeProcess(job, found);
    }
    model.rewindPoint ??= takeSnapshot(model);
    for (const callback of callbacks) await callback.onFitBegin?.(run);
    if (found) resumeCallbacks(callbacks, found, run);
  } catch (error) {
    if (!before) throw error;
    endAll([() => job.pruning?.process.end?.()]);
    undo(model, job.optimizer, before);
    throw asFormatError(error);
  }
  if (found) keeper?.taken?.();
  if (run.resumed) for (const callback of callbacks) await callback.onResume?.(run.resumed, run);
  else await keep({ job, run, at, keeper }); // a place that cannot be written is noticed now, not after an hour
}

/** A fit that had ended: its model and its history. */
async function ended(
  prepared: Job,
  stepsPerEpoch: number,
  found: FitState,
  before: Undo,
  keeper: Keeper | undefined,
): Promise<History> {
  const { model, optimizer, callbacks } = prepared;
  const run = runOf(prepared, stepsPerEpoch, found, true);
  try {
    resumeModel(model, optimizer, found);
    resumeCallbacks(callbacks, found, run);
  } catch (error) {
    undo(model, optimizer, before);
    throw asFormatError(error);
  }
  keeper?.taken?.();
  for (const callback of callbacks) await callback.onResume?.(run.resumed!, run);
  return found.history;
}

function keeperOf(prepared: Job): Keeper | undefined {
  const { model, checkpoint, optimizer } = prepared;
  if (!checkpoint) return undefined;
  const run = { ...describeModel(model), ...describeFit(prepared, model.states.stepOf(optimizer)) };
  return new RunKeeper('fit', checkpoint, model, 'fit', run);
}

/**
 * Trains a model: `epochs` passes over x [n, ...inputShape] and y, in batches. All data and options are checked
 * before anything changes. Throws NumericError when the loss stops being finite; the weights are then those with
 * which the epoch began. With a `checkpoint` (or the `keeper` of a caller) it goes on where it was interrupted. A caller that
 * fits several times checks the options for all of those `fits` first.
 */
export async function fit(
  model: Trainable,
  x: Float32Array,
  y: Targets,
  options: FitOptions,
  keeperGiven?: Keeper,
  fits = 1,
): Promise<History> {
  const prepared = prepareFit(model, x, y, options, fits);
  const { epochs, samples, optimizer } = prepared;
  const stepsPerEpoch = Math.ceil(samples / prepared.batchSize);
  const keeper = keeperGiven ?? keeperOf(prepared);
  const kept = await keeper?.load();
  const shape = { parameters: model.parameters, slots: optimizer.slots, epochs, stepsPerEpoch, samples };
  const found = kept && readFit(kept, shape);
  const before = found && undoOf(model, optimizer);
  if (found?.done) return ended(prepared, stepsPerEpoch, found, before!, keeper);
  const job = begin(prepared, stepsPerEpoch, keeper !== undefined);
  const fresh = { epoch: 1, progress: undefined, stopped: false, done: false, history: emptyHistory() };
  const { epoch, progress, stopped, history } = found ?? fresh;
  const at: FitPosition = { epoch, progress, stopped, done: false, history };
  const state: Fit = { job, run: runOf(job, stepsPerEpoch, at, found !== undefined), at, keeper };
  const process = job.pruning?.process;
  const ends = [() => job.trainer.free(), () => process?.end?.(), () => job.augment?.end?.()];
  return withEnds(ends, async () => {
    await open(state, found, before);
    await runEpochs(state);
    process?.end?.();
    if (job.rewindAt === model.clock.steps) model.rewindPoint = takeSnapshot(model);
    for (const callback of job.callbacks) await callback.onFitEnd?.(at.history, state.run);
    at.done = true;
    await keep(state);
    return at.history;
  });
}
