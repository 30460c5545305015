/** What tells one run from another: a checkpoint goes on only with its own. */
import { sampledBy } from '../../described.js';
import { CheckpointError } from '../../errors.js';
import { crc32cBy } from '../../io/crc32c.js';
import type { CheckpointValue } from '../../io/state.js';
import { bytesOf } from '../../io/tensors.js';
import type { Engine } from '../../runtime/engine.js';
import type { LabelledData } from '../data.js';
import type { Job } from '../fitOptions.js';
import type { Optimizer } from '../optimizers/optimizer.js';
import type { Trainable } from '../trainable.js';
import { Describer } from './describe.js';
import { differences } from './difference.js';

/** By name: what a run is made of. */
export type Identity = Readonly<Record<string, CheckpointValue>>;

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

/** With its learning rate by the step, from the updates that it has made before. */
function describeOptimizer(
  optimizer: Optimizer,
  engine: Engine,
  from: number,
  steps: number,
): CheckpointValue {
  const { kind, slots, options, learningRate, update } = optimizer;
  const describer = new Describer(engine, steps, from);
  const rate = describer.describe(sampledBy('step', learningRate));
  const { learningRate: _, ...rest } = options ?? { update };
  return {
    kind,
    slots,
    'updates before': from,
    options: { ...(describer.describe(rest) as Identity), learningRate: rate },
  };
}

/** Samples and their targets. */
export function describeData({ images, labels }: LabelledData, describer: Describer): CheckpointValue {
  return { images: describer.array(images), labels: describer.array(labels) };
}

/** The model that a run begins with. */
export function describeModel(model: Trainable): Identity {
  const { graph, seed, storage, clock } = model;
  const describer = new Describer(model.engine, 0);
  return {
    inputShape: [...graph.inputShape],
    layers: graph.nodes.map(({ spec }) => describer.describe(spec)),
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
  const describer = new Describer(engine, steps);
  return {
    epochs,
    'batch size': batchSize,
    samples,
    data: describeData({ images: job.x, labels: job.y }, describer),
    validation: validation ? describeData(validation, describer) : null,
    loss: describer.describe(job.loss),
    shuffle: job.shuffle,
    optimizer: describeOptimizer(optimizer, engine, from, steps),
    rewindAt: job.rewindAt ?? null,
    pruning: describer.describe(job.pruning),
    augment: describer.describe(job.augment),
    callbacks: callbacks.flatMap((callback) => (callback.state ? [describer.describe(callback)] : [])),
  };
}

/** Throws CheckpointError, naming what differs, unless a checkpoint is that of this run. */
export function expectSameRun(where: string, label: string, there: Identity, here: Identity): void {
  const found = differences('', there, here);
  if (found.length === 0) return;
  throw new CheckpointError(
    `${where}: the checkpoint ${label} must be of this very run, got another one: ${found.join('; ')}. ` +
      'Delete it to begin anew, or keep this run elsewhere',
  );
}
