/** One SHA-256 of weights and masks after training, pruning and retraining: the same on every runtime. */
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
  sequential,
  tanh,
} from '../../src/index.js';

async function fingerprint(seed: number): Promise<string> {
  const data = syntheticDigits({ samples: 3200, seed: 5 });
  const layers = [dense(100), relu(), dropout(0.1), dense(40), tanh(), dense(10)];
  const model = await sequential({ inputShape: [784], seed }, layers);
  const optimizer = adam();
  await model.fit(data.images, data.labels, { optimizer, epochs: 3, batchSize: 32 });
  const fit = { data: { images: data.images, labels: data.labels }, optimizer, batchSize: 32 };
  await prune(model, { sparsity: 0.9, schedule: iterative({ rounds: 2 }), fit });
  const session = await createSession(model, { batch: 32 });
  const hash = createHash('sha256');
  for (const { weight, bias } of model.layers) {
    if (weight)
      hash
        .update(new Uint8Array(weight.data.buffer))
        .update(weight.mask!)
        .update(new Uint8Array(bias!.buffer));
  }
  hash.update(new Uint8Array(session.run(data.images.subarray(0, 784 * 100)).buffer));
  session.dispose();
  model.dispose();
  return hash.digest('hex');
}

/** Trains 500 steps twice per seed, and says whether both runs gave the same bits. */
export async function fingerprints(seeds: readonly number[]): Promise<unknown> {
  const results = [];
  for (const seed of seeds) {
    const [first, second] = [await fingerprint(seed), await fingerprint(seed)];
    console.error(
      `Node ${process.versions.node}  seed ${seed}  ${first}  ${first === second ? 'twice the same' : `NOT ${second}`}`,
    );
    results.push({ seed, sha256: first, repeated: first === second });
  }
  return results;
}
