/** SHA-256 of weights and masks after training, pruning and retraining, in dense and in sparse storage: the same on every runtime. */
import { createHash } from 'node:crypto';
import { syntheticDigits } from '../../datasets/index.js';
import {
  adam,
  createSession,
  dense,
  dropout,
  iterative,
  prune,
  relu,
  rigl,
  type Sequential,
  sequential,
  tanh,
} from '../../src/index.js';

const data = syntheticDigits({ samples: 3200, seed: 5 });

/** Of weights and masks, and of the outputs of a session. */
async function digest(model: Sequential): Promise<string> {
  const session = await createSession(model, { batch: 32 });
  const hash = createHash('sha256');
  for (const { weight, bias } of model.layers) {
    if (weight)
      hash
        .update(new Uint8Array(weight.data.buffer))
        .update(weight.mask ?? 'none')
        .update(new Uint8Array(bias!.buffer));
  }
  hash.update(new Uint8Array(session.run(data.images.subarray(0, 784 * 100)).buffer));
  session.dispose();
  model.dispose();
  return hash.digest('hex');
}

const layers = () => [dense(100), relu(), dropout(0.1), dense(40), tanh(), dense(10)];

/** Trained, then pruned in rounds, in dense storage throughout or moved to sparse storage by itself. */
async function pruned(seed: number, storage: 'dense' | 'auto'): Promise<string> {
  const model = await sequential({ inputShape: [784], seed, storage }, layers());
  const optimizer = adam();
  await model.fit(data.images, data.labels, { optimizer, epochs: 3, batchSize: 32 });
  const fit = { data: { images: data.images, labels: data.labels }, optimizer, batchSize: 32 };
  await prune(model, { sparsity: 0.9, schedule: iterative({ rounds: 2 }), fit });
  return digest(model);
}

/** Sparse from the first step, connections moved by their gradients. */
async function grown(seed: number): Promise<string> {
  const model = await sequential({ inputShape: [784], seed, sparsity: 0.95 }, layers());
  const options = { optimizer: adam(), epochs: 5, batchSize: 32, pruning: rigl({ every: 50 }) };
  await model.fit(data.images, data.labels, options);
  return digest(model);
}

const kinds = {
  'dense storage': (seed: number) => pruned(seed, 'dense'),
  'sparse storage': (seed: number) => pruned(seed, 'auto'),
  RigL: grown,
} as const;

/** Trains 500 steps of each kind twice per seed, and says whether both runs gave the same bits. */
export async function fingerprints(seeds: readonly number[]): Promise<unknown> {
  const results = [];
  for (const seed of seeds) {
    for (const [kind, run] of Object.entries(kinds)) {
      const [first, second] = [await run(seed), await run(seed)];
      const verdict = first === second ? 'twice the same' : `NOT ${second}`;
      console.error(`Node ${process.versions.node}  seed ${seed}  ${kind.padEnd(14)}  ${first}  ${verdict}`);
      results.push({ seed, kind, sha256: first, repeated: first === second });
    }
  }
  return results;
}
