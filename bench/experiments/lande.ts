/**
 * One-shot pruning of a network by others, without retraining: the first layer of lande by magnitude, Wanda, OBS and SparseGPT,
 * as it is and with its survivors refitted. Half of the paragraphs calibrate, errors are those of the other half.
 */
import { dense, type PruneOptions, prune, relu, type Sequential, sequential } from '../../src/index.js';
import { halves, landeParagraphs, landeWeights, type Paragraphs } from './landeData.js';
import { landeReport } from './landeReport.js';
import type { Outcome } from './ledger.js';
import { ledgerExperiment } from './ledgerExperiment.js';
import { errorOf } from './lenet.js';
import type { Job } from './runner.js';

const LEVELS = [0.5, 0.7, 0.8, 0.9, 0.95];
const DAMP = 0.01;

/** What each method is beside its sparsity, its layer and its data. */
const methods: Readonly<Record<string, PruneOptions>> = {
  magnitude: { criterion: 'magnitude' },
  wanda: { criterion: 'wanda' },
  'obs mask': { criterion: 'obs', survivors: 'trained' },
  'magnitude, refitted': { criterion: 'magnitude', survivors: 'reconstruct' },
  'wanda, refitted': { criterion: 'wanda', survivors: 'reconstruct' },
  sparsegpt: { criterion: 'sparsegpt' },
  obs: { criterion: 'obs' },
};

let loaded: Promise<Paragraphs> | undefined;

/** All paragraphs, read once. */
function paragraphs(): Promise<Paragraphs> {
  loaded ??= landeParagraphs();
  return loaded;
}

async function build(): Promise<Sequential> {
  const model = await sequential({ inputShape: [620] }, [dense(120), relu(), dense(50)]);
  model.setWeights(await landeWeights());
  return model;
}

/** Errors of both halves and all paragraphs, and what is left of the first layer. */
async function measured(model: Sequential, seed: number): Promise<Outcome> {
  const all = await paragraphs();
  const { calibration, heldOut } = halves(all, seed);
  const error = (part: Paragraphs) => errorOf(model, { ...part, shape: [620] });
  const [testError, validationError, every] = [
    await error(heldOut),
    await error(calibration),
    await error(all),
  ];
  const { shape, sparsity } = model.layers[0]!.weight!;
  const weights = shape[0]! * shape[1]!;
  const kept = Math.round(weights * (1 - sparsity));
  model.dispose();
  return { testError, validationError, kept, weights, figures: { accuracyOfAll: 1 - every } };
}

const job = (method: string, point: number, seed: number): Job => ({
  experiment: 'lande',
  method,
  seed,
  point,
  recipe: { layer: 'dense1', damp: DAMP, calibration: 'half of the paragraphs' },
  async run() {
    const model = await build();
    if (method !== 'dense') {
      const { calibration } = halves(await paragraphs(), seed);
      const how = { layers: ['dense1'], sparsity: point, damp: DAMP, data: calibration, ...methods[method]! };
      await prune(model, how);
    }
    return measured(model, seed);
  },
});

/** All methods at all levels: tables, and runs/experiments/lande.html. */
export const lande = ledgerExperiment({
  name: 'lande',
  jobs: (seeds) => [
    ...seeds.map((seed) => job('dense', 0, seed)),
    ...Object.keys(methods).flatMap((method) =>
      LEVELS.flatMap((level) => seeds.map((seed) => job(method, level, seed))),
    ),
  ],
  report: landeReport,
});
