/**
 * LeNet-5 (Caffe form) on MNIST: dense; with 8 % of its weights left, as Han et al. 2015 (arXiv:1506.02626, 0.80 to 0.77 % error there); and
 * with 3,993 parameters, as the released network of Dynamic Network Surgery (Guo et al. 2016, arXiv:1608.04493, 0.91 % there).
 */
import { augmentImages, gradual, perLayer, type Sequential } from '../../src/index.js';
import { optimizerOf, pruneInRounds, type Training, trainFor } from './base.js';
import { ledgerExperiment } from './ledgerExperiment.js';
import { mnist } from './lenet.js';
import {
  LENET5_WEIGHTS,
  lenet5Outcome,
  lenet5Training,
  multiplyAddsOf,
  trainedLenet5,
} from './lenet5Base.js';
import { lenet5Report } from './lenet5Report.js';
import { liveParameters } from './liveParameters.js';
import type { Job } from './runner.js';

/** Zeros of every layer as Han et al. have them. */
const SHARES = { conv2d1: 0.34, conv2d2: 0.88, dense1: 0.92, dense2: 0.81 };
const ROUNDS = 3;
/** Of every round. */
const round: Training = { optimizer: 'adamw', learningRate: 2e-3, weightDecay: 0.1, batch: 64, epochs: 5 };
const longer: Training = { ...round, epochs: round.epochs * ROUNDS };

/**
 * The limit of 3,993 parameters: weights of every layer as the released network has them, but for dense1, a fifth of whose weights
 * end in units that nothing reads and do not count; biases of live units come on top.
 */
const FEW_KEPT = { conv2d1: 72, conv2d2: 770, dense1: 3_150, dense2: 215 };
const FEW = {
  conv2d1: 1 - FEW_KEPT.conv2d1 / 500,
  conv2d2: 1 - FEW_KEPT.conv2d2 / 25_000,
  dense1: 1 - FEW_KEPT.dense1 / 400_000,
  dense2: 1 - FEW_KEPT.dense2 / 5_000,
};
const FEW_WEIGHTS = Object.values(FEW_KEPT).reduce((sum, kept) => sum + kept, 0);
const fewTraining: Training = {
  optimizer: 'adamw',
  learningRate: 3e-3,
  weightDecay: 0.05,
  batch: 64,
  epochs: 80,
};
const until = 0.25;
const augmentation = { shift: 1.5, rotate: 10, scale: [0.9, 1.1], shear: 8 } as const;

/** Trained dense, then pruned little by little while it trains on. */
async function surgery(seed: number): Promise<Sequential> {
  const { train } = await mnist();
  const model = await trainedLenet5(seed);
  const { batch: batchSize, epochs } = fewTraining;
  const shares = perLayer(FEW);
  await model.fit(train.images, train.labels, {
    optimizer: optimizerOf(fewTraining),
    epochs,
    batchSize,
    augment: augmentImages(augmentation),
    pruning: gradual({
      sparsity: 1 - FEW_WEIGHTS / LENET5_WEIGHTS,
      until,
      allocation: (tensors, sparsity) => shares(tensors, sparsity),
    }),
  });
  return model;
}

function jobsOf(seed: number): Job[] {
  const common = { experiment: 'lenet5', seed };
  return [
    {
      ...common,
      method: 'dense',
      point: 0,
      recipe: { base: lenet5Training },
      run: async () => lenet5Outcome(await trainedLenet5(seed)),
    },
    {
      ...common,
      method: 'pruned',
      point: 0.915,
      recipe: { base: lenet5Training, shares: SHARES, rounds: ROUNDS, round: { ...round } },
      async run() {
        const model = await trainedLenet5(seed);
        await pruneInRounds(model, SHARES, ROUNDS, round);
        return lenet5Outcome(model, { multiplyAdds: multiplyAddsOf(model) });
      },
    },
    {
      ...common,
      method: '3993 parameters',
      point: 1 - FEW_WEIGHTS / LENET5_WEIGHTS,
      recipe: { base: lenet5Training, shares: FEW, until, augmentation, ...fewTraining },
      async run() {
        const model = await surgery(seed);
        const { total, weights, units, biases } = liveParameters(model);
        const layers = Object.fromEntries(
          weights.flatMap((count, i) => [
            [`weights${i + 1}`, count],
            [`units${i + 1}`, units[i + 1]!],
          ]),
        );
        const counts = { parameters: total, biases, multiplyAdds: multiplyAddsOf(model), ...layers };
        return lenet5Outcome(model, counts);
      },
    },
    {
      ...common,
      method: 'trained on',
      point: 0,
      recipe: { base: lenet5Training, longer: { ...longer } },
      async run() {
        const model = await trainedLenet5(seed);
        await trainFor(model, longer);
        return lenet5Outcome(model);
      },
    },
  ];
}

const described = {
  network: 'conv 20@5x5, max pool, conv 50@5x5, max pool, 500, 10',
  'dense network': lenet5Training,
  'zeros by layer': SHARES,
  rounds: ROUNDS,
  'every round': { ...round, note: 'restarts the learning rate; survivors keep their values' },
  'few parameters': {
    ...fewTraining,
    until,
    shares: FEW,
    augmentation,
    note: 'gradual(), from the trained dense network, images shifted, turned, scaled and slanted',
  },
};

/** All networks of all seeds: a table, and runs/experiments/lenet5.html. */
export const lenet5Experiment = ledgerExperiment({
  name: 'lenet5',
  jobs: (seeds) => {
    const all = seeds.map(jobsOf);
    return all[0]!.flatMap((_, i) => all.map((jobs) => jobs[i]!));
  },
  report: (cells, seeds) => lenet5Report(cells, described, seeds),
});
