/** The state of a fit as plain data. */
import { type CheckpointValue, expectPlain } from '../../io/state.js';
import { show } from '../../options.js';
import type { Parameter } from '../../tensor/parameter.js';
import type { Callback, History } from '../callbacks/callback.js';
import type { EpochProgress, EpochStart, Running } from '../epoch.js';
import type { Snapshot, Trainable } from '../trainable.js';
import type { Kept } from './keeper.js';
import { countOf, fieldsOf, flagOf, floatsOf, listOf, numberOf, refuse } from './read.js';
import { readHistory } from './readHistory.js';
import { packSnapshot, readSnapshot } from './snapshot.js';

/** Where a fit stands, besides its model. */
export interface FitPosition {
  /** The epoch that is to be trained next, or to go on, from 1. */
  epoch: number;
  /** Within that epoch; undefined between epochs. */
  progress: EpochProgress | undefined;
  /** No further epoch is wanted. */
  stopped: boolean;
  /** Callbacks have seen the end. */
  done: boolean;
  readonly history: History;
}

/** A fit that was kept. */
export interface FitState extends FitPosition {
  readonly kept: Kept;
  readonly formats: readonly CheckpointValue[];
  readonly clock: Trainable['clock'];
  readonly rewindPoint: Snapshot | null;
  /** Updates that the optimizer has made, and its moments, parameter by parameter. */
  readonly step: number;
  readonly slots: readonly (readonly CheckpointValue[])[];
  readonly pruning: { readonly step: number; readonly state: CheckpointValue } | undefined;
  readonly callbacks: readonly CheckpointValue[];
}

/** Callbacks that have something to keep. */
export const stateful = (callbacks: readonly Callback[]) => callbacks.filter(({ state }) => state);

/** By its kind, or its place among all of them. */
const callbackName = (all: readonly Callback[], callback: Callback) =>
  `callback ${callback.kind === undefined ? all.indexOf(callback) : show(callback.kind)}`;

/** Throws DataError, naming whose state and what in it, for other than plain data. */
function stateOf(name: string, owner: { state?(): CheckpointValue }): CheckpointValue {
  const state = owner.state!();
  expectPlain(`state of ${name}`, state);
  return state;
}

function packProgress({ epoch: _, before, ...sums }: EpochProgress): CheckpointValue {
  return { ...sums, before: { ...before, weights: packSnapshot(before.weights) } };
}

/** Everything that a fit needs to go on, besides the values of its model. Arrays may be shared with `position`. */
export function packFit(job: Running, position: FitPosition): CheckpointValue {
  const { model, optimizer, pruning } = job;
  const { epoch, progress, stopped, done, history } = position;
  const state = model.states.of(optimizer);
  return {
    epoch,
    stopped,
    done,
    progress: progress ? packProgress(progress) : null,
    history: { ...history },
    formats: model.parameters.map(({ format }) => format),
    clock: { ...model.clock },
    rewindPoint: model.rewindPoint && packSnapshot(model.rewindPoint),
    step: state.step,
    slots: state.read(),
    pruning: pruning && !done ? { step: pruning.step, state: stateOf('pruning', pruning.process) } : null,
    callbacks: stateful(job.callbacks).map((callback) =>
      stateOf(callbackName(job.callbacks, callback), callback),
    ),
  };
}

/** Moments of some parameters; their lengths are checked by whoever knows the storage. */
function readSlots(what: string, value: unknown, count: number, each: number): CheckpointValue[][] {
  return listOf(what, value, count).map((slots, i) => [...listOf(`${what}[${i}]`, slots, each)]);
}

/** The same once it is known how many values each parameter stores. */
export function expectSlots(
  what: string,
  slots: readonly (readonly CheckpointValue[])[],
  counts: readonly number[],
): Float32Array[][] {
  return slots.map((own, i) => own.map((slot) => floatsOf(`${what}[${i}]`, slot, counts[i]!)));
}

/** What belongs to the run that a state is read for. */
export interface FitShape {
  readonly parameters: readonly Parameter[];
  readonly slots: number;
  readonly epochs: number;
  readonly stepsPerEpoch: number;
  readonly samples: number;
}

function readStart(value: unknown, { parameters, slots }: FitShape): EpochStart {
  const { weights, slots: kept, step, clock } = fieldsOf('progress.before', value);
  const snapshot = readSnapshot('weights before', parameters, weights);
  const counts = snapshot.map(({ values }) => values.length);
  const read = readSlots('moments before', kept, parameters.length, slots);
  return {
    weights: snapshot,
    slots: expectSlots('moments before', read, counts),
    step: countOf('progress.before.step', step),
    clock: countOf('progress.before.clock', clock),
  };
}

function readProgress(value: unknown, epoch: number, shape: FitShape): EpochProgress | undefined {
  if (value === null) return undefined;
  const { step, total, correct, seen, seconds, before } = fieldsOf('progress', value);
  return {
    epoch,
    step: countOf('progress.step', step, shape.stepsPerEpoch),
    total: numberOf('progress.total', total),
    correct: countOf('progress.correct', correct, shape.samples),
    seen: countOf('progress.seen', seen, shape.samples),
    seconds: numberOf('progress.seconds', seconds),
    before: readStart(before, shape),
  };
}

function readClock(value: unknown): Trainable['clock'] {
  const { steps, epochs, samplesPerSecond: rate } = fieldsOf('clock', value);
  return {
    steps: countOf('clock.steps', steps),
    epochs: countOf('clock.epochs', epochs),
    samplesPerSecond: rate === null ? null : numberOf('clock.samplesPerSecond', rate),
  };
}

/** Inverse of packFit(). Throws FormatError. */
export function readFit(kept: Kept, shape: FitShape): FitState {
  const { state } = kept;
  const { parameters } = shape;
  const epoch = countOf('epoch', state.epoch, shape.epochs + 1);
  if (epoch === 0) refuse('epoch', epoch);
  const pruning = state.pruning === null ? undefined : fieldsOf('pruning', state.pruning);
  return {
    kept,
    epoch,
    stopped: flagOf('stopped', state.stopped),
    done: flagOf('done', state.done),
    progress: readProgress(state.progress, epoch, shape),
    history: readHistory(state.history, shape.epochs),
    formats: listOf('formats', state.formats, parameters.length),
    clock: readClock(state.clock),
    rewindPoint:
      state.rewindPoint === null ? null : readSnapshot('rewind point', parameters, state.rewindPoint),
    step: countOf('step', state.step),
    slots: readSlots('moments', state.slots, parameters.length, shape.slots),
    pruning: pruning && { step: countOf('pruning.step', pruning.step), state: pruning.state ?? null },
    callbacks: listOf('callbacks', state.callbacks),
  };
}
