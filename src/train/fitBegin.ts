/** What a fit is made of when it begins. */
import { OptionError } from '../errors.js';
import type { FitRun } from './callbacks/callback.js';
import type { FitPosition } from './checkpoint/fitState.js';
import { packSnapshot, readSnapshot } from './checkpoint/snapshot.js';
import { endAll } from './ends.js';
import type { Running } from './epoch.js';
import type { Job } from './fitOptions.js';
import type { PruningProcess, TrainingPruning } from './pruning.js';
import { restoreSnapshot, takeSnapshot } from './trainable.js';
import { Trainer } from './trainer.js';

function expectKeepable({ kind }: TrainingPruning, process: PruningProcess): void {
  if (process.state && process.restore) return;
  throw new OptionError(
    `fit: checkpoint must come with pruning whose process has state() and restore(), got ${kind} without`,
  );
}

/** Buffers, and the processes of augmentation and pruning that take part; all of it or, with an error, nothing. */
export function begin(prepared: Job, stepsPerEpoch: number, keeps: boolean): Running {
  const { model, optimizer, pruning } = prepared;
  const augment = prepared.augment?.start(model);
  let process: PruningProcess | undefined;
  try {
    process = pruning?.start(model, {
      steps: prepared.epochs * stepsPerEpoch,
      stepsPerEpoch,
      moments: (index) => model.states.of(optimizer).addresses(index),
    });
    if (keeps && pruning && process) expectKeepable(pruning, process);
    const trainer = Trainer.create(model, Math.min(prepared.batchSize, prepared.samples));
    return { ...prepared, trainer, augment, pruning: process && { process, step: 0 } };
  } catch (error) {
    endAll([() => process?.end?.(), () => augment?.end?.()]);
    throw error;
  }
}

/** What callbacks see of a fit that stands there; `resumed` when it goes on. */
export function runOf(job: Job | Running, stepsPerEpoch: number, at: FitPosition, resumed: boolean): FitRun {
  const { model } = job;
  const { epoch, done } = at;
  return {
    epochs: job.epochs,
    stepsPerEpoch,
    batchSize: job.batchSize,
    samples: job.samples,
    validates: job.validation !== undefined,
    resumed: resumed ? { epoch, step: at.progress?.step ?? 0, done } : null,
    stop: () => {
      at.stopped = true;
    },
    snapshot: () => takeSnapshot(model),
    restore: (snapshot) => {
      restoreSnapshot(model, snapshot);
      if ('trainer' in job) job.pruning?.process.restored?.();
    },
    packSnapshot,
    unpackSnapshot: (value) => readSnapshot('snapshot', model.parameters, value),
    encode: () => model.encode(),
  };
}
