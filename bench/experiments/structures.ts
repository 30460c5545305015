/**
 * What structure costs and buys: blocks of four and eight rows, 2:4 and 1:4 beside single weights, the same share of zeros
 * in each hidden layer. Accuracy over the seeds; time of a call and bytes of a file of the networks of the first seed.
 * `--only timing` with no runs due times them again.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { block, nm, prune, type Sequential, type Structure } from '../../src/index.js';
import { baseTraining, optimizerOf, type Training, trainedBase } from './base.js';
import { finishReport } from './experimentPage.js';
import type { Plain } from './ledger.js';
import { digestOf, mnist, outcomeOf } from './lenet.js';
import { chosen, type Job, linesOf, type Settings } from './runner.js';
import { cellsOf } from './statistics.js';
import { structuresReport } from './structuresReport.js';
import { readTimings, timeModels } from './structureTimes.js';
import { folder, isQuick } from './workplace.js';

const retraining: Training = {
  optimizer: 'adamw',
  learningRate: 2e-3,
  weightDecay: 0.05,
  batch: 64,
  epochs: 6,
};
/** The output layer is a third of a percent of the weights, and stays whole. */
const LAYERS = ['dense1', 'dense2'];

const all = [0.5, 0.75, 0.9, 0.95];
const structures: Readonly<Record<string, { structure: Structure; levels: readonly number[] }>> = {
  dense: { structure: block(1, 1), levels: [0] },
  weight: { structure: block(1, 1), levels: all },
  'block 4x1': { structure: block(4, 1), levels: all },
  'block 8x1': { structure: block(8, 1), levels: all },
  '2:4': { structure: nm(2, 4), levels: [0.5] },
  '1:4': { structure: nm(1, 4), levels: [0.75] },
};

const recipe = { base: baseTraining, retraining: { ...retraining }, layers: LAYERS, allocation: 'uniform' };

/** The file of a pruned network, for the timing. */
const fileOf = (method: string, point: number, seed: number) =>
  join(
    folder(),
    'structures',
    digestOf(recipe),
    `${method.replace(/\W/g, '-')}-${point * 100}-seed-${seed}.safetensors`,
  );

async function pruned(method: string, sparsity: number, seed: number): Promise<Sequential> {
  const { train } = await mnist();
  const model = await trainedBase(seed);
  const { structure } = structures[method]!;
  const { batch: batchSize, epochs } = retraining;
  const fit = { data: train, optimizer: optimizerOf(retraining), batchSize, epochs };
  if (sparsity === 0) {
    await model.fit(train.images, train.labels, { optimizer: fit.optimizer, batchSize, epochs });
    return model;
  }
  const target = method.includes(':') ? {} : { sparsity, allocation: 'uniform' as const };
  await prune(model, { criterion: 'magnitude', structure, layers: LAYERS, fit, ...target });
  return model;
}

function jobOf(method: string, sparsity: number, seed: number): Job {
  return {
    experiment: 'structures',
    method,
    seed,
    point: sparsity,
    recipe: { ...recipe, structure: method },
    async run() {
      const model = await pruned(method, sparsity, seed);
      const file = fileOf(method, sparsity, seed);
      mkdirSync(dirname(file), { recursive: true });
      await model.save(file);
      return outcomeOf(model, { bytes: model.encode().length });
    },
  };
}

const described: Readonly<Record<string, Plain>> = {
  network: '784-300-100-10',
  'dense network': baseTraining,
  retraining: { ...retraining, note: 'after one pruning by magnitude; survivors keep their values' },
  'pruned layers': LAYERS,
  allocation: 'the same share of zeros in each; a block counts by the mean magnitude of its weights',
};

/** Accuracy of all structures for all seeds, then times of those of the first seed. */
export async function structuresExperiment(
  seeds: readonly number[],
  only: readonly string[],
  settings: Settings,
): Promise<unknown> {
  const jobs = Object.entries(structures).flatMap(([method, { levels }]) =>
    levels.flatMap((level) => seeds.map((seed) => jobOf(method, level, seed))),
  );
  const timing = only.includes('timing');
  const parts = only.filter((part) => part !== 'timing');
  const lines = await linesOf(
    'structures',
    chosen(jobs, parts),
    timing ? { ...settings, report: true } : settings,
  );
  const models = lines
    .filter(({ seed, method, point }) => seed === seeds[0] && existsSync(fileOf(method, point, seed)))
    .map(({ method, point, seed }) => ({ method, point, file: fileOf(method, point, seed) }));
  const untimed = isQuick() || (settings.report && !timing);
  const times = untimed ? readTimings() : await timeModels(models, settings.write);
  return finishReport(structuresReport(cellsOf(lines), times, described, seeds));
}
