/** A small run of everything whose bits must be the same on every engine; also bundled and run by other Nodes. */
import { syntheticDigits } from '../../datasets/index.js';
import {
  adam,
  augmentImages,
  avgPool2d,
  batchNorm,
  block,
  conv2d,
  cosine,
  createSession,
  dense,
  dropout,
  dynamicNetworkSurgery,
  flatten,
  gelu,
  granet,
  iterative,
  l0,
  maxPool2d,
  movement,
  nm,
  type PruneOptions,
  prune,
  relu,
  residual,
  rigl,
  type Sequential,
  sequential,
  set,
  sgd,
  sigmoid,
  softmax,
  type TrainingPruning,
  tanh,
  trainableThreshold,
} from '../../src/index.js';
import { Sha256 } from './sha256.js';

/** SHA-256 of weights and masks, and of what sessions make of them. */
export interface Outcome {
  readonly weights: string;
  readonly outputs: string;
  /** Of weights and masks that were trained in sparse storage: pruned, and sparse from the first step. */
  readonly sparse: string;
  /** Of models pruned by criteria from data, in structures, and by methods inside fit. */
  readonly methods: string;
  /** Of a convolutional network: trained on augmented images, pruned by weights and by filters, and its outputs. */
  readonly images: string;
}

const { images, labels } = syntheticDigits({ samples: 640, shape: [12, 12], seed: 5 });
const data = { images, labels };

function digest(model: Sequential): Promise<string> {
  const hash = new Sha256();
  for (const { values, mask } of model.toNetwork().parameters.flat()) {
    hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    hash.update(mask ?? 'none');
  }
  return hash.hex();
}

/** 60 steps of Adam under a cosine with dropout, pruning in two rounds with SGD, one more round rewound. */
async function pruned(storage: 'dense' | 'sparse'): Promise<Sequential> {
  const model = await sequential({ inputShape: [144], seed: 2 ** 40 + 9, storage }, [
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
  const momentum = sgd({ learningRate: 0.05, momentum: 0.9, nesterov: true, weightDecay: 1e-4 });
  const schedule = iterative({ rounds: 2 });
  await prune(model, { sparsity: 0.8, schedule, fit: { data, optimizer: momentum, batchSize: 50 } });
  await prune(model, { sparsity: 0.9, survivors: 'rewind', fit: { data, optimizer, batchSize: 27 } });
  return model;
}

/** Sparse from the first step, connections moved by gradient and at random, in rows and in blocks. */
async function moved(): Promise<string> {
  const digests: string[] = [];
  for (const storage of ['csr', 'block2', 'block4'] as const) {
    const layers = [dense(48), relu(), dense(30), gelu(), dense(10)];
    const model = await sequential({ inputShape: [144], seed: 7, sparsity: 0.9, storage }, layers);
    const optimizer = adam({ learningRate: 0.01 });
    const fit = { optimizer, epochs: 3, batchSize: 50 };
    await model.fit(images, labels, { ...fit, pruning: rigl({ every: 5 }) });
    await model.fit(images, labels, { ...fit, pruning: set() });
    digests.push(await digest(model));
    model.dispose();
  }
  return digests.join();
}

const rounds: readonly PruneOptions[] = [
  ...(['taylor', 'snip', 'grasp', 'synflow', 'wanda', 'obs', 'sparsegpt'] as const).map((criterion) => ({
    criterion,
    sparsity: 0.7,
    data,
  })),
  { structure: nm(2, 4), criterion: 'wanda', data },
  { structure: block(4, 1), sparsity: 0.7, survivors: 'reconstruct', data },
  { structure: 'neuron', sparsity: 0.5, criterion: 'fpgm', allocation: 'global' },
];

const methods: readonly (() => TrainingPruning)[] = [
  () => dynamicNetworkSurgery({ sparsity: 0.8, every: 2 }),
  () => granet({ sparsity: 0.8, every: 2 }),
  () => movement({ sparsity: 0.8, every: 2 }),
  () => trainableThreshold(),
  () => l0(),
];

/** A trained model, pruned in every way in turn. */
async function prunedBy(): Promise<string> {
  const digests: string[] = [];
  const optimizer = () => adam({ learningRate: 0.01 });
  const change: ((model: Sequential) => Promise<unknown>)[] = [
    ...rounds.map((options) => (model: Sequential) => prune(model, options)),
    ...methods.map(
      (method) => (model: Sequential) =>
        model.fit(images, labels, { optimizer: optimizer(), batchSize: 50, pruning: method() }),
    ),
  ];
  for (const apply of change) {
    const layers = [dense(32), relu(), dense(16), relu(), dense(12)];
    const model = await sequential({ inputShape: [144], seed: 11 }, layers);
    await model.fit(images, labels, { optimizer: optimizer(), batchSize: 64 });
    await apply(model);
    digests.push(await digest(model));
    model.dispose();
  }
  return new Sha256().update(digests.join()).hex();
}

/** Convolutions of all kinds, batch normalization and a residual sum, through augmentation, pruning and sessions. */
async function convolved(): Promise<string> {
  const model = await sequential({ inputShape: [1, 12, 12], seed: 77 }, [
    conv2d(6, 3, { padding: 1 }),
    batchNorm(),
    relu(),
    residual([conv2d(6, 3, { padding: 1, groups: 6 }), relu(), conv2d(6, 1), batchNorm()]),
    maxPool2d(2),
    conv2d(9, 3, { stride: 2, bias: false }),
    batchNorm(),
    relu(),
    avgPool2d(2, { stride: 1 }),
    flatten(),
    dense(10),
  ]);
  const augment = augmentImages({ shift: 1.5, rotate: 10, elastic: { strength: 10, smoothness: 2.5 } });
  const fit = { optimizer: adam({ learningRate: 3e-3 }), epochs: 2, batchSize: 32, augment };
  await model.fit(images, labels, fit);
  await prune(model, { sparsity: 0.3, structure: 'filter', allocation: 'uniform' });
  await prune(model, { sparsity: 0.6, criterion: 'taylor', data });
  await model.fit(images, labels, { epochs: 1, batchSize: 48 });
  const hash = new Sha256().update(await digest(model));
  const x = images.subarray(0, 144 * 45);
  for (const batch of [1, 8, 32]) {
    for (const kernels of ['auto', 'dense'] as const) {
      const session = await createSession(model, { batch, kernels });
      hash.update(new Uint8Array(session.run(x).buffer));
      session.dispose();
    }
  }
  hash.update(new Uint8Array(model.predict(x).buffer));
  model.dispose();
  return hash.hex();
}

/** Everything. */
export async function run(): Promise<Outcome> {
  const model = await pruned('dense');
  const weights = await digest(model);
  const outputs = new Sha256();
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
  const other = await pruned('sparse');
  const sparse = new Sha256().update(await digest(other)).update(await moved());
  other.dispose();
  return {
    weights,
    outputs: await outputs.hex(),
    sparse: await sparse.hex(),
    methods: await prunedBy(),
    images: await convolved(),
  };
}
