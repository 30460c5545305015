/** A small run of everything whose bits must be the same on every engine; also bundled and run by other Nodes. */
import { createHash } from 'node:crypto';
import { syntheticDigits } from '../../datasets/index.js';
import {
  adam,
  cosine,
  createSession,
  dense,
  dropout,
  gelu,
  iterative,
  prune,
  relu,
  sequential,
  sgd,
  sigmoid,
  softmax,
  tanh,
} from '../../src/index.js';

/** SHA-256 of weights and masks, and of what sessions make of them. */
export interface Outcome {
  readonly weights: string;
  readonly outputs: string;
}

/** 60 steps of Adam under a cosine with dropout, pruning in two rounds with SGD, one more round rewound. */
export async function run(): Promise<Outcome> {
  const { images, labels } = syntheticDigits({ samples: 640, shape: [12, 12], seed: 5 });
  const model = await sequential({ inputShape: [144], seed: 2 ** 40 + 9 }, [
    dense(48),
    relu(),
    dropout(0.1),
    dense(24),
    gelu(),
    dense(20),
    tanh(),
    dense(16),
    sigmoid(),
    dense(10),
    softmax(),
    dense(10),
  ]);
  const rewindAt = 30;
  const optimizer = adam({ learningRate: cosine({ start: 0.01, end: 1e-4, steps: 60 }), weightDecay: 1e-4 });
  await model.fit(images, labels, { optimizer, epochs: 3, batchSize: 32, rewindAt });
  const data = { images, labels };
  const momentum = sgd({ learningRate: 0.05, momentum: 0.9, nesterov: true, weightDecay: 1e-4 });
  const schedule = iterative({ rounds: 2 });
  await prune(model, { sparsity: 0.8, schedule, fit: { data, optimizer: momentum, batchSize: 50 } });
  await prune(model, { sparsity: 0.9, survivors: 'rewind', fit: { data, optimizer, batchSize: 27 } });
  const weights = createHash('sha256');
  for (const { values, mask } of model.toNetwork().parameters.flat()) {
    weights.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    weights.update(mask ?? 'none');
  }
  const outputs = createHash('sha256');
  const x = images.subarray(0, 144 * 45);
  for (const batch of [1, 8, 16, 32]) {
    for (const kernels of ['auto', 'dense', 'csr'] as const) {
      const session = await createSession(model, { batch, kernels });
      outputs.update(new Uint8Array(session.run(x).buffer));
      session.dispose();
    }
  }
  outputs.update(new Uint8Array(model.predict(x).buffer));
  model.dispose();
  return { weights: weights.digest('hex'), outputs: outputs.digest('hex') };
}
