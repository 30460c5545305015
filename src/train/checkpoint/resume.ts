/** Puts a model back to where a fit was kept. */
import { EspalierError, FormatError, MemoryError } from '../../errors.js';
import { type ParameterValues, tensorOf } from '../../graph/network.js';
import { type FormatName, type SparseFormat, sparseFormats } from '../../tensor/formats/index.js';
import type { Parameter } from '../../tensor/parameter.js';
import type { Callback, FitRun } from '../callbacks/callback.js';
import type { Running } from '../epoch.js';
import type { Optimizer } from '../optimizers/optimizer.js';
import { trainsIn } from '../storage.js';
import { restoreSnapshot, type Snapshot, type Trainable, takeSnapshot } from '../trainable.js';
import { expectSlots, type FitState, stateful } from './fitState.js';
import { refuse } from './read.js';

/** What resuming may have to take back. */
export interface Undo {
  readonly weights: Snapshot;
  readonly slots: readonly (readonly Float32Array[])[];
  readonly step: number;
  readonly clock: Trainable['clock'];
  readonly rewindPoint: Snapshot | null;
}

/** Copies what resumeModel() changes. */
export function undoOf(model: Trainable, optimizer: Optimizer): Undo {
  const state = model.states.of(optimizer);
  const { clock, rewindPoint } = model;
  return {
    weights: takeSnapshot(model),
    slots: state.read(),
    step: state.step,
    clock: { ...clock },
    rewindPoint,
  };
}

/** Takes it back. */
export function undo(model: Trainable, optimizer: Optimizer, before: Undo): void {
  const state = model.states.of(optimizer);
  state.step = before.step;
  Object.assign(model.clock, before.clock);
  model.rewindPoint = before.rewindPoint;
  restoreSnapshot(model, before.weights);
  state.write(before.slots);
}

/** Throws what went wrong: a file that does not fit is a FormatError, whatever noticed it. */
export function asFormatError(error: unknown): unknown {
  const typed = error instanceof EspalierError && !(error instanceof MemoryError);
  if (!typed || error instanceof FormatError) return error;
  return new FormatError(`checkpoint: its parts must fit each other, got a misfit: ${error.message}`, {
    cause: error,
  });
}

/** Throws FormatError unless a parameter may be stored so: kernels know nothing else. */
function expectFormat(parameter: Parameter, format: unknown, given: ParameterValues): void {
  if (format === 'dense') return;
  const sparse = typeof format === 'string' && Object.hasOwn(sparseFormats, format);
  if (!sparse || !trainsIn(parameter, format as SparseFormat) || !(given.pruned || given.mask))
    refuse(`format of ${parameter.name}`, format);
}

/** Weights in their storage, moments and clock. On an error the caller undoes. */
export function resumeModel(model: Trainable, optimizer: Optimizer, found: FitState): void {
  const given = found.kept.network.parameters.flat();
  if (given.length !== model.parameters.length) refuse('parameters', given.length);
  model.parameters.forEach((parameter, i) => {
    expectFormat(parameter, found.formats[i], given[i]!);
  });
  model.parameters.forEach((parameter, i) => {
    parameter.restore(tensorOf(given[i]!, parameter.shape));
    parameter.convert(found.formats[i] as FormatName);
  });
  const counts = model.parameters.map(({ count }) => count);
  const slots = expectSlots('moments', found.slots, counts);
  const state = model.states.of(optimizer);
  state.write(slots);
  state.step = found.step;
  Object.assign(model.clock, found.clock);
  model.rewindPoint = found.rewindPoint;
}

/** The pruning that takes part. On an error the caller undoes. */
export function resumeProcess({ pruning }: Running, found: FitState): void {
  if (!pruning) return;
  if (!found.pruning) refuse('pruning', null);
  pruning.process.restore!(found.pruning.state);
  pruning.step = found.pruning.step;
}

/** Callbacks that keep something. On an error the caller undoes. */
export function resumeCallbacks(all: readonly Callback[], found: FitState, run: FitRun): void {
  const callbacks = stateful(all);
  if (found.callbacks.length !== callbacks.length) refuse('callbacks', found.callbacks.length);
  callbacks.forEach((callback, i) => {
    callback.restore?.(found.callbacks[i]!, run);
  });
}
