/** The dense networks that several experiments prune: trained once a seed, and kept in files. */
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { adamw, cosine, loadModel, type Optimizer, type Sequential } from '../../src/index.js';
import { takeSnapshot } from '../../src/train/trainable.js';
import { digestOf, lenet, mnist } from './lenet.js';
import { FOLDER } from './runner.js';

/** Steps of a batch over the training set. */
const stepsFor = (batch: number, epochs: number) => epochs * Math.ceil(55_000 / batch);

/** How long and how fast a network trains: AdamW, its learning rate falling along half a cosine to zero. */
export interface Training {
  readonly optimizer: 'adamw';
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly batch: number;
  readonly epochs: number;
}

/** A new optimizer for a training, begun anew by whoever restarts it. */
export function optimizerOf({ learningRate: start, weightDecay, batch, epochs }: Training): Optimizer {
  return adamw({ learningRate: cosine({ start, end: 0, steps: stepsFor(batch, epochs) }), weightDecay });
}

/** Trains with an optimizer of its own. */
export async function trainFor(model: Sequential, training: Training): Promise<void> {
  const { train } = await mnist();
  const { batch: batchSize, epochs } = training;
  await model.fit(train.images, train.labels, { optimizer: optimizerOf(training), batchSize, epochs });
}

/** Of the dense networks: rate and decay of the experiment `dynamic`, for half as long; not tuned further. */
export const baseTraining = {
  optimizer: 'adamw',
  learningRate: 2e-3,
  weightDecay: 0.1,
  batch: 64,
  epochs: 10,
} as const satisfies Training;

/** The trained dense network of a seed. `survivors: 'rewind'` takes it back to its first weights. */
export async function trainedBase(seed: number): Promise<Sequential> {
  const model = await lenet(seed);
  model.rewindPoint = takeSnapshot(model);
  const file = join(FOLDER, 'base', digestOf(baseTraining), `seed-${seed}.safetensors`);
  if (existsSync(file)) {
    const saved = await loadModel(file);
    model.setWeights(saved.getWeights());
    saved.dispose();
    return model;
  }
  await trainFor(model, baseTraining);
  mkdirSync(dirname(file), { recursive: true });
  await model.save(file);
  model.clock.steps = 0; // as from the file
  model.clock.epochs = 0;
  model.states.reset();
  return model;
}
