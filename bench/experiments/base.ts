/** How the experiments on LeNet-300-100 train, and the dense networks that several of them prune. */
import {
  adamw,
  cosine,
  iterative,
  type Optimizer,
  perLayer,
  prune,
  type Sequential,
} from '../../src/index.js';
import { digestOf, lenet, mnist } from './lenet.js';
import { trainedFile, trainedOnce } from './trainedOnce.js';

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

/** Prunes by magnitude to the zeros of each layer, in rounds of a training, which restarts; survivors keep their values. */
export async function pruneInRounds(
  model: Sequential,
  zeros: Readonly<Record<string, number>>,
  rounds: number,
  training: Training,
): Promise<void> {
  const { train } = await mnist();
  const { batch: batchSize, epochs } = training;
  await prune(model, {
    criterion: 'magnitude',
    allocation: perLayer(zeros),
    schedule: iterative({ rounds }),
    restart: true,
    fit: { data: train, optimizer: optimizerOf(training), batchSize, epochs },
  });
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
  const file = trainedFile(`lenet-${digestOf(baseTraining)}`, seed);
  return trainedOnce(await lenet(seed), file, (model) => trainFor(model, baseTraining));
}
