/** Loss, accuracy and raw outputs of a model. */
import { countSamples, expectData, type LabelledData } from './data.js';
import { type LossName, resolveLoss } from './losses/index.js';
import type { Loss } from './losses/loss.js';
import { pacer } from './pause.js';
import { type Shadow, shadowOf } from './shadow.js';
import type { TiledBatch } from './tiledBatch.js';
import type { Trainable } from './trainable.js';
import { Trainer } from './trainer.js';

const BATCH = 64;

/** Mean loss and share of right answers. */
export interface Metrics {
  readonly loss: number;
  /** Share of samples whose largest output is at the label; NaN for float targets, which have no right answer. */
  readonly accuracy: number;
}

/** The order 0, 1, 2, ... from `first` on. */
function inOrder(first: number, count: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, i) => first + i);
}

/** What a number of samples gave together. */
interface Tally {
  loss: number;
  correct: number;
}

/** Adds what up to `capacity` samples from `first` on give. */
function tallyBatch(
  trainer: Trainer,
  loss: Loss,
  { images, labels }: LabelledData,
  [first, end]: readonly [number, number],
  tally: Tally,
): void {
  const count = Math.min(trainer.batch.capacity, end - first);
  const order = inOrder(first, count);
  trainer.batch.stage(images, order);
  trainer.batch.stageTargets(labels, order);
  const outputs = trainer.forward(count, false);
  const batch = trainer.loss(loss, loss.logits ? trainer.logits(count) : outputs, count);
  tally.loss += batch.loss;
  tally.correct += batch.correct;
}

function metricsOf(loss: Loss, tally: Tally, samples: number): Metrics {
  const accuracy = loss.targets === 'labels' ? tally.correct / samples : Number.NaN;
  return { loss: tally.loss / samples, accuracy };
}

/** Mean loss and accuracy of checked data with buffers at hand, with a pause between batches: what `pause` throws ends it. */
export async function evaluatePaced(
  trainer: Trainer,
  loss: Loss,
  data: LabelledData,
  samples: number,
  pause: () => Promise<void> | undefined,
): Promise<Metrics> {
  const tally: Tally = { loss: 0, correct: 0 };
  for (let first = 0; first < samples; first += trainer.batch.capacity) {
    tallyBatch(trainer, loss, data, [first, samples], tally);
    await pause();
  }
  return metricsOf(loss, tally, samples);
}

/** Number of samples and the loss. Throws what evaluate() throws. */
function checked(
  { inputs, outputs }: TiledBatch,
  { images, labels }: LabelledData,
  loss: Loss | LossName | undefined,
): { samples: number; loss: Loss } {
  const samples = expectData('evaluate', images, labels, inputs, outputs);
  return { samples, loss: resolveLoss('evaluate', loss, labels) };
}

/** Checks the data and evaluates the model in inference mode, in one go; changes nothing. */
export function evaluate(model: Trainable, data: LabelledData, loss?: Loss | LossName): Metrics {
  const trainer = Trainer.create(model, BATCH);
  try {
    const job = checked(trainer.batch, data, loss);
    const tally: Tally = { loss: 0, correct: 0 };
    for (let first = 0; first < job.samples; first += trainer.batch.capacity) {
      tallyBatch(trainer, job.loss, data, [first, job.samples], tally);
    }
    return metricsOf(job.loss, tally, job.samples);
  } finally {
    trainer.free();
  }
}

/**
 * The same, letting others have their turn in between. What takes longer than a turn goes on with a copy of the model, so that
 * it is evaluated as it is now, whatever becomes of it.
 */
export async function evaluateStill(
  model: Trainable,
  data: LabelledData,
  loss?: Loss | LossName,
): Promise<Metrics> {
  let trainer = Trainer.create(model, BATCH);
  let still: Shadow | undefined;
  const pause = pacer();
  try {
    const job = checked(trainer.batch, data, loss);
    const tally: Tally = { loss: 0, correct: 0 };
    for (let first = 0; first < job.samples; ) {
      tallyBatch(trainer, job.loss, data, [first, job.samples], tally);
      first += trainer.batch.capacity;
      const turn = first < job.samples ? pause() : undefined;
      if (!turn) continue;
      if (!still) {
        still = shadowOf(model);
        trainer.free();
        trainer = Trainer.create(still.model, BATCH);
      }
      await turn;
    }
    return metricsOf(job.loss, tally, job.samples);
  } finally {
    trainer.free();
    still?.free();
  }
}

/** The same without a copy: for callers that let nothing change the model meanwhile. */
export async function evaluateInTurns(
  model: Trainable,
  data: LabelledData,
  loss?: Loss | LossName,
): Promise<Metrics> {
  const trainer = Trainer.create(model, BATCH);
  try {
    const job = checked(trainer.batch, data, loss);
    return await evaluatePaced(trainer, job.loss, data, job.samples, pacer());
  } finally {
    trainer.free();
  }
}

/** Raw outputs [n, ...outputShape] in inference mode; NaN passes through. */
export function predict(model: Trainable, x: Float32Array): Float32Array {
  const trainer = Trainer.create(model, BATCH);
  try {
    const samples = countSamples('predict', x, trainer.batch.inputs);
    const out = new Float32Array(samples * trainer.batch.outputs);
    for (let first = 0; first < samples; first += BATCH) {
      const count = Math.min(BATCH, samples - first);
      trainer.batch.stage(x, inOrder(first, count));
      trainer.batch.readOutputs(trainer.forward(count, false), count, out, first * trainer.batch.outputs);
    }
    return out;
  } finally {
    trainer.free();
  }
}
