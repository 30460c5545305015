/** Where the training of a checkpoint stands. */
import { FormatError } from '../errors.js';
import { trainingStateOf } from '../io/checkpointFile.js';
import { countOf, fieldsOf, flagOf } from '../train/checkpoint/read.js';

/** How far a run has come. */
export interface Standing {
  /** What was kept. */
  readonly kind: 'fit' | 'pruning';
  /** The round of a pruning, from 1. */
  readonly round: number | null;
  /** The epoch that is next or under way, and steps of it that are done. */
  readonly epoch: number;
  readonly epochs: number;
  readonly step: number;
  /** Steps of the model in all. */
  readonly steps: number;
  /** True when the fit is over, in a pruning that of the round. */
  readonly done: boolean;
}

/** Of the bytes of a model file: null without a training state. Throws FormatError. */
export function standingOf(bytes: Uint8Array): Standing | null {
  const state = trainingStateOf(bytes);
  if (state === undefined) return null;
  const whole = fieldsOf('training state', state);
  const { kind } = whole;
  if (kind !== 'fit' && kind !== 'pruning') {
    throw new FormatError(`checkpoint: kind must be fit or pruning, got ${JSON.stringify(kind)}`);
  }
  const fit = kind === 'fit' ? whole : fieldsOf('fit', whole.fit);
  const progress = fit.progress === null ? null : fieldsOf('progress', fit.progress);
  return {
    kind,
    round: kind === 'fit' ? null : countOf('round', whole.round),
    epoch: countOf('epoch', fit.epoch),
    epochs: countOf('epochs', fieldsOf('run', whole.run).epochs),
    step: progress ? countOf('step', progress.step) : 0,
    steps: countOf('steps', fieldsOf('clock', fit.clock).steps),
    done: flagOf('done', fit.done),
  };
}

/** The same for people. */
export function standingText({ kind, round, epoch, epochs, step, steps, done }: Standing): string {
  const where = round === null ? '' : `round ${round}, `;
  const at = done ? 'its end' : `epoch ${epoch} of ${epochs}${step > 0 ? `, ${step} steps into it` : ''}`;
  return `a checkpoint of a ${kind}: stands at ${where}${at}, after ${steps} steps in all`;
}
