/** A process that trains, keeping a checkpoint, and prints the SHA-256 of what comes out; it is killed again and again. */
import {
  adam,
  augmentImages,
  type Callback,
  conv2d,
  dense,
  earlyStopping,
  type FitOptions,
  flatten,
  l0,
  relu,
  rigl,
  type Sequential,
  sequential,
  sgd,
} from '../../src/index.js';
import { fingerprint, values } from '../model/support.js';

const x = values(144 * 96, 1);
const y = Uint8Array.from({ length: 96 }, (_, i) => i % 10);
const FIT = { epochs: 12, batchSize: 8, validation: { images: x, labels: y } };

/** By name: a model and how it is trained, a few hundred milliseconds long. */
const scripts: Readonly<Record<string, () => Promise<{ model: Sequential; options: FitOptions }>>> = {
  rigl: async () => ({
    model: await sequential({ inputShape: [144], seed: 3, sparsity: 0.9 }, [dense(300), relu(), dense(10)]),
    options: {
      ...FIT,
      optimizer: adam(),
      pruning: rigl({ every: 5 }),
      callbacks: [earlyStopping({ patience: 99 })],
    },
  }),
  l0: async () => ({
    model: await sequential({ inputShape: [144], seed: 3 }, [dense(100), relu(), dense(10)]),
    options: { ...FIT, optimizer: sgd({ learningRate: 0.05, momentum: 0.9 }), pruning: l0({ lambda: 3 }) },
  }),
  images: async () => ({
    model: await sequential({ inputShape: [1, 12, 12], seed: 3 }, [
      conv2d(8, 3),
      relu(),
      flatten(),
      dense(10),
    ]),
    options: { ...FIT, optimizer: adam(), augment: augmentImages({ shift: 1, rotate: 8 }) },
  }),
};

/** Trains script `name`; with a file it keeps a checkpoint every three steps. Tells the parent when steps begin. */
export async function run(name: string, file: string | undefined, begun: () => void): Promise<string> {
  const { model, options } = await scripts[name]!();
  const first: Callback = { onEpochBegin: begun, onResume: begun };
  const history = await model.fit(x, y, {
    ...options,
    callbacks: [...(options.callbacks ?? []), first],
    ...(file && { checkpoint: { path: file, everySteps: 3 } }),
  });
  return `${fingerprint(model)} ${history.valLoss.join()}`;
}
