/**
 * Trains the ready models of the playground: `npm run web:models`. LeNet-300-100, dense, then pruned ever further, single weights and
 * blocks of 4x1; every stage goes on from the one before. The recipe was chosen on the validation split; accuracies in the
 * manifest are those on the official test set, of the files as they are.
 */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadMnist } from '../datasets/index.js';
import {
  adamw,
  augmentImages,
  block,
  cosine,
  dense,
  type FitOptions,
  gradual,
  loadModel,
  relu,
  type Sequential,
  sequential,
} from '../src/index.js';
import type { Entry, StructureKey } from './manifest.js';

const FOLDER = 'web/models';
const SEED = 1;
const BATCH = 64;
const DENSE_EPOCHS = 20;

/** Share of zeros, epochs and learning rate: the fewer weights, the faster a step, and the longer they go on learning. */
const stages = [
  { sparsity: 0.5, epochs: 10, start: 2e-3 },
  { sparsity: 0.8, epochs: 12, start: 2e-3 },
  { sparsity: 0.9, epochs: 16, start: 2e-3 },
  { sparsity: 0.95, epochs: 20, start: 3e-3 },
  { sparsity: 0.98, epochs: 30, start: 4e-3 },
  { sparsity: 0.99, epochs: 40, start: 5e-3 },
] as const;

const data = await loadMnist();
const { train, validation, test } = data;
const begun = performance.now();

/** The options that all stages share. Digits drawn by hand on a screen lie and lean as they like, so training ones do. */
function common(epochs: number, start: number): FitOptions {
  const steps = epochs * Math.ceil(train.labels.length / BATCH);
  return {
    epochs,
    batchSize: BATCH,
    optimizer: adamw({ learningRate: cosine({ start, end: 0, steps }), weightDecay: 0.05 }),
    augment: augmentImages({ shape: [1, 28, 28], shift: 1.5, rotate: 10, scale: [0.9, 1.1], shear: 8 }),
  };
}

/** Writes the file, and tests what is in it. */
async function keep(
  model: Sequential,
  file: string,
  sparsity: number,
  structure: StructureKey,
): Promise<Entry> {
  const bytes = model.encode();
  writeFileSync(join(FOLDER, file), bytes);
  const loaded = await loadModel(bytes);
  const { accuracy } = await loaded.evaluate(test.images, test.labels);
  const held = await loaded.evaluate(validation.images, validation.labels);
  const weights = loaded.layers.reduce((sum, { weight }) => {
    return sum + (weight ? weight.data.reduce((count, value) => count + (value === 0 ? 0 : 1), 0) : 0);
  }, 0);
  loaded.dispose();
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const seconds = ((performance.now() - begun) / 1000).toFixed(0);
  console.error(
    `${file.padEnd(24)} ${(accuracy * 100).toFixed(2)} % test, ${(held.accuracy * 100).toFixed(2)} % validation, ` +
      `${weights} weights, ${bytes.length} bytes, after ${seconds} s`,
  );
  return { file, sparsity, structure, accuracy, weights, bytes: bytes.length, sha256 };
}

const entries: Entry[] = [];
const first = await sequential({ inputShape: [784], seed: SEED }, [
  dense(300),
  relu(),
  dense(100),
  relu(),
  dense(10),
]);
await first.fit(train.images, train.labels, common(DENSE_EPOCHS, 2e-3));
entries.push(await keep(first, 'dense.safetensors', 0, 'weight'));

for (const structure of ['weight', 'block'] as const) {
  const model = await loadModel(first.encode());
  for (const { sparsity, epochs, start } of stages) {
    await model.fit(train.images, train.labels, {
      ...common(epochs, start),
      pruning: gradual({
        sparsity,
        until: 0.5,
        structure: structure === 'block' ? block(4, 1) : 'weight',
      }),
    });
    const file = `${structure}-${Math.round(sparsity * 100)}.safetensors`;
    entries.push(await keep(model, file, sparsity, structure));
  }
  model.dispose();
}
writeFileSync(join(FOLDER, 'manifest.json'), `${JSON.stringify(entries, null, 2)}\n`);
