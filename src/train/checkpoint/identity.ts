/** What tells one run from another: a checkpoint goes on only with its own. */
import { CheckpointError } from '../../errors.js';
import { crc32cBy } from '../../io/crc32c.js';
import type { CheckpointValue } from '../../io/state.js';
import { bytesOf } from '../../io/tensors.js';
import type { Engine } from '../../runtime/engine.js';
import type { Job } from '../fitOptions.js';
import type { Optimizer } from '../optimizers/optimizer.js';
import type { Trainable } from '../trainable.js';
import { describe } from './describe.js';

/** By name: what a run is made of. */
export type Identity = Readonly<Record<string, CheckpointValue>>;

/** Points at which a learning rate is compared. */
const RATES = 16;
/** Longer differences are cut short. */
const SHOWN = 100;

/** A checksum of some arrays. */
function checksum(engine: Engine, arrays: readonly ArrayBufferView[]): string {
  return `crc32c:${crc32cBy(engine, arrays.map(bytesOf)).toString(16).padStart(8, '0')}`;
}

/** Weights as they are before anything changes, with their structure. */
function weightsChecksum({ engine, parameters }: Trainable): string {
  const arrays = parameters.flatMap((parameter): ArrayBufferView[] => {
    const values = parameter.values();
    if (values.format === 'dense') return values.mask ? [values.values, values.mask] : [values.values];
    return [values.rowPtr, values.colIdx, values.values];
  });
  return checksum(engine, [...arrays, new Uint8Array(1)]); // never without any byte
}

function describeOptimizer(optimizer: Optimizer, from: number, steps: number): CheckpointValue {
  const { kind, slots, options } = optimizer;
  const rates = Array.from({ length: RATES + 1 }, (_, i) =>
    optimizer.learningRate(from + Math.floor((steps * i) / RATES)),
  );
  const { learningRate: _, ...rest } = options ?? {};
  return { kind, slots, options: describe(rest), learningRate: rates };
}

/** The model that a run begins with. */
export function describeModel(model: Trainable): Identity {
  const { graph, seed, storage, clock } = model;
  return {
    inputShape: [...graph.inputShape],
    layers: graph.nodes.map(({ spec }) => describe(spec)),
    seed,
    storage,
    'steps trained before': clock.steps,
    'epochs trained before': clock.epochs,
    'weights at the begin': weightsChecksum(model),
  };
}

/** What a fit is told; `from` counts the updates that its optimizer has made before. */
export function describeFit(job: Job, from: number): Identity {
  const { model, optimizer, epochs, batchSize, samples, validation, callbacks } = job;
  const steps = epochs * Math.ceil(samples / batchSize);
  const { engine } = model;
  const held = validation && checksum(engine, [validation.images, validation.labels]);
  return {
    epochs,
    'batch size': batchSize,
    samples,
    data: checksum(engine, [job.x, job.y]),
    validation: held ?? null,
    loss: job.loss.kind,
    shuffle: job.shuffle,
    optimizer: describeOptimizer(optimizer, from, steps),
    rewindAt: job.rewindAt ?? null,
    pruning: describe(job.pruning),
    augment: describe(job.augment),
    callbacks: callbacks.flatMap((callback) => (callback.state ? [describe(callback)] : [])),
  };
}

function shown(value: CheckpointValue | undefined): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length > SHOWN ? `${text.slice(0, SHOWN - 3)}...` : text;
}

/** Where two values part: of lists the first entry that differs. */
function difference(
  name: string,
  there: CheckpointValue | undefined,
  here: CheckpointValue | undefined,
): string {
  if (Array.isArray(there) && Array.isArray(here) && there.length === here.length) {
    const at = there.findIndex((entry, i) => JSON.stringify(entry) !== JSON.stringify(here[i]));
    return difference(`${name}[${at}]`, there[at], here[at]);
  }
  return `${name} ${shown(there)} there and ${shown(here)} here`;
}

/** Throws CheckpointError, naming what differs, unless a checkpoint is that of this run. */
export function expectSameRun(where: string, label: string, there: Identity, here: Identity): void {
  const names = [...new Set([...Object.keys(there), ...Object.keys(here)])];
  const differing = names.filter((name) => JSON.stringify(there[name]) !== JSON.stringify(here[name]));
  if (differing.length === 0) return;
  const list = differing.map((name) => difference(name, there[name], here[name])).join('; ');
  throw new CheckpointError(
    `${where}: the checkpoint ${label} must be of this very run, got another one: ${list}. ` +
      'Delete it to begin anew, or keep this run elsewhere',
  );
}
