/**
 * What survivors begin with, and in how many rounds: iterative pruning, one-shot with rewinding and one-shot with
 * reinitialisation, first of whole hidden units, layer by layer, then of single weights; beside the unpruned network. All
 * begin with the same dense networks and train as long afterwards.
 */
import { iterative, neuron, oneShot, type PruneOptions, prune } from '../../src/index.js';
import { baseTraining, optimizerOf, type Training, trainedBase, trainFor } from './base.js';
import { classicReport } from './classicReport.js';
import type { Plain } from './ledger.js';
import { ledgerExperiment } from './ledgerExperiment.js';
import { mnist, outcomeOf } from './lenet.js';
import type { Job } from './runner.js';

const LEVELS = [0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99];
const ROUNDS = 3;
const retraining: Training = {
  optimizer: 'adamw',
  learningRate: 2e-3,
  weightDecay: 0.05,
  batch: 64,
  epochs: 6,
};

/** What is removed, and how rounds share it: as many units a round, or the same share of the weights that are left. */
const structures = {
  units: { structure: neuron({ pool: 'sum', greedy: true }), allocation: 'uniform', per: 'original' },
  weights: { structure: 'weight', allocation: 'global', per: 'remaining' },
} as const;

type Kind = keyof typeof structures;

/** Rounds of a method, and what the survivors of each begin with. */
const methods = {
  iterative: { rounds: ROUNDS, survivors: 'trained' },
  rewound: { rounds: 1, survivors: 'rewind' },
  reinit: { rounds: 1, survivors: 'reinit' },
} as const;

/** For the report. */
const described = {
  network: '784-300-100-10',
  chosen: 'before the first run; not tuned for any of the methods',
  'dense network': baseTraining,
  retraining: { ...retraining, rounds: ROUNDS, note: 'epochs in all; each round restarts the learning rate' },
  units:
    'L1 norm of the incoming weights, the same share of each hidden layer, inputs removed before the next is ranked; as many a round',
  weights: 'global magnitude; the same share of what is left a round',
};

async function pruneOptions(kind: Kind, method: keyof typeof methods): Promise<PruneOptions> {
  const { train } = await mnist();
  const { structure, allocation, per } = structures[kind];
  const { rounds, survivors } = methods[method];
  const training = { ...retraining, epochs: retraining.epochs / rounds };
  return {
    criterion: 'magnitude',
    structure,
    allocation,
    survivors,
    schedule: rounds === 1 ? oneShot() : iterative({ rounds, per }),
    restart: true,
    fit: {
      data: train,
      optimizer: optimizerOf(training),
      batchSize: training.batch,
      epochs: training.epochs,
    },
  };
}

function pruningJob(seed: number, kind: Kind, method: keyof typeof methods, sparsity: number): Job {
  const { rounds, survivors } = methods[method];
  const { allocation, per } = structures[kind];
  const recipe: Plain = {
    base: baseTraining,
    retraining: { ...retraining },
    rounds,
    survivors,
    allocation,
    per,
  };
  return {
    experiment: 'classic',
    method: `${kind} ${method}`,
    seed,
    point: sparsity,
    recipe,
    async run() {
      const model = await trainedBase(seed);
      await prune(model, { ...(await pruneOptions(kind, method)), sparsity });
      return outcomeOf(model);
    },
  };
}

/** The dense network, as it is and trained on for as long as the pruned ones. */
function denseJobs(seed: number): Job[] {
  const common = { experiment: 'classic', seed, point: 0 };
  return [
    {
      ...common,
      method: 'dense',
      recipe: { base: baseTraining },
      run: async () => outcomeOf(await trainedBase(seed)),
    },
    {
      ...common,
      method: 'none',
      recipe: { base: baseTraining, retraining: { ...retraining } },
      async run() {
        const model = await trainedBase(seed);
        await trainFor(model, retraining);
        return outcomeOf(model);
      },
    },
  ];
}

function jobs(seeds: readonly number[]): Job[] {
  const names = Object.keys(methods) as (keyof typeof methods)[];
  const kinds = Object.keys(structures) as Kind[];
  return seeds.flatMap((seed) => [
    ...denseJobs(seed),
    ...kinds.flatMap((kind) =>
      LEVELS.flatMap((sparsity) => names.map((method) => pruningJob(seed, kind, method, sparsity))),
    ),
  ]);
}

/** All methods at all levels: tables, and runs/experiments/classic.html. */
export const classic = ledgerExperiment({
  name: 'classic',
  jobs,
  report: (cells, seeds) => classicReport(cells, described, seeds),
});
