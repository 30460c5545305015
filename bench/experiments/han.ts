/**
 * Han et al. 2015, arXiv:1506.02626: LeNet-300-100 with 8 % of its weights left (8, 9 and 26 % by layer), pruned and
 * retrained in rounds, at no loss of accuracy (1.64 to 1.59 % error there).
 */
import { baseTraining, pruneInRounds, type Training, trainedBase, trainFor } from './base.js';
import { hanReport } from './hanReport.js';
import { ledgerExperiment } from './ledgerExperiment.js';
import { outcomeOf } from './lenet.js';
import type { Job } from './runner.js';

const SHARES = { dense1: 0.92, dense2: 0.91, dense3: 0.74 };
const ROUNDS = 4;
/** Of every round; chosen on validation with a seed of its own (101). */
const round: Training = { optimizer: 'adamw', learningRate: 5e-3, weightDecay: 0.2, batch: 64, epochs: 6 };
/** Of the dense network that is trained on for as long. */
const longer: Training = { ...round, epochs: round.epochs * ROUNDS };

/** Seeds of the network that is trained on, at most. */
const CONTROL_SEEDS = 3;

function jobsOf(seed: number): Job[] {
  const common = { experiment: 'han', seed };
  return [
    {
      ...common,
      method: 'dense',
      point: 0,
      recipe: { base: baseTraining },
      run: async () => outcomeOf(await trainedBase(seed)),
    },
    {
      ...common,
      method: 'dense, trained on',
      point: 0,
      recipe: { base: baseTraining, longer: { ...longer } },
      async run() {
        const model = await trainedBase(seed);
        await trainFor(model, longer);
        return outcomeOf(model);
      },
    },
    {
      ...common,
      method: 'pruned',
      point: 0.918,
      recipe: { base: baseTraining, shares: SHARES, rounds: ROUNDS, round: { ...round } },
      async run() {
        const model = await trainedBase(seed);
        await pruneInRounds(model, SHARES, ROUNDS, round);
        return outcomeOf(model);
      },
    },
  ];
}

const described = {
  network: '784-300-100-10',
  'dense network': baseTraining,
  'zeros by layer': SHARES,
  rounds: ROUNDS,
  chosen:
    'on validation, seed 101: the best of five recipes, tried after the test errors of an earlier one had been seen; ' +
    'the dense networks were not tuned alike',
  'every round': { ...round, note: 'restarts the learning rate; survivors keep their values' },
};

/** Dense and pruned networks of all seeds: a table, and runs/experiments/han.html. */
export const han = ledgerExperiment({
  name: 'han',
  jobs: (seeds) =>
    seeds.flatMap((seed, i) =>
      jobsOf(seed).filter(({ method }) => i < CONTROL_SEEDS || method !== 'dense, trained on'),
    ),
  report: (cells, seeds) => hanReport(cells, described, seeds),
});
