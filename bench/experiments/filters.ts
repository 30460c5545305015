/**
 * Whole filters of LeNet-5 removed: accuracy against multiply-adds by criterion (L1 norm, FPGM, APoZ, Taylor, random), the same share
 * of both convolutions, then training on. Li et al. 2017 (arXiv:1608.08710) and He et al. 2019 (arXiv:1811.00250) rank by the first two.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type CriterionName, prune, type Sequential } from '../../src/index.js';
import { optimizerOf, type Training } from './base.js';
import { finishReport } from './experimentPage.js';
import { filtersReport } from './filtersReport.js';
import type { Plain } from './ledger.js';
import { digestOf, mnist } from './lenet.js';
import { lenet5Outcome, lenet5Training, multiplyAddsOf, trainedLenet5 } from './lenet5Base.js';
import { chosen, type Job, linesOf, type Settings } from './runner.js';
import { cellsOf } from './statistics.js';
import { folder } from './workplace.js';

const CRITERIA: readonly CriterionName[] = ['magnitude', 'fpgm', 'apoz', 'unitTaylor', 'random'];
const LEVELS = [0.5, 0.7, 0.8, 0.9];
const LAYERS = ['conv2d1', 'conv2d2'];
/** Samples that criteria from data look at. */
const CALIBRATION = 2000;

const retraining: Training = {
  optimizer: 'adamw',
  learningRate: 1e-3,
  weightDecay: 0.1,
  batch: 64,
  epochs: 3,
};
const recipe = {
  base: lenet5Training,
  retraining: { ...retraining },
  layers: LAYERS,
  calibration: CALIBRATION,
};

/** The file of a pruned network, for its pictures. */
export const fileOf = (method: string, point: number, seed: number) =>
  join(folder(), 'filters', digestOf(recipe), `${method}-${point * 100}-seed-${seed}.safetensors`);

async function pruned(criterion: CriterionName, sparsity: number, seed: number): Promise<Sequential> {
  const { train } = await mnist();
  const model = await trainedLenet5(seed);
  const data = {
    images: train.images.subarray(0, CALIBRATION * 784),
    labels: train.labels.subarray(0, CALIBRATION),
  };
  const { batch: batchSize, epochs } = retraining;
  await prune(model, {
    criterion,
    structure: 'filter',
    layers: LAYERS,
    allocation: 'uniform',
    sparsity,
    data,
    fit: { data: train, optimizer: optimizerOf(retraining), batchSize, epochs },
  });
  return model;
}

function jobOf(method: CriterionName, sparsity: number, seed: number): Job {
  return {
    experiment: 'filters',
    method,
    seed,
    point: sparsity,
    recipe: { ...recipe, criterion: method },
    async run() {
      const model = await pruned(method, sparsity, seed);
      const file = fileOf(method, sparsity, seed);
      mkdirSync(dirname(file), { recursive: true });
      await model.save(file);
      return lenet5Outcome(model, { multiplyAdds: multiplyAddsOf(model) });
    },
  };
}

function denseJob(seed: number): Job {
  return {
    experiment: 'filters',
    method: 'dense',
    seed,
    point: 0,
    recipe: { base: lenet5Training },
    async run() {
      const model = await trainedLenet5(seed);
      return lenet5Outcome(model, { multiplyAdds: multiplyAddsOf(model) });
    },
  };
}

const described: Readonly<Record<string, Plain>> = {
  network: 'conv 20@5x5, max pool, conv 50@5x5, max pool, 500, 10',
  'dense network': lenet5Training,
  retraining: { ...retraining, note: 'after one pruning; survivors keep their values' },
  'pruned layers': LAYERS,
  allocation: 'the same share of filters in each',
  'criteria from data': `the first ${CALIBRATION} training samples; APoZ sees no zeros, for no ReLU stands behind the convolutions`,
};

/** Accuracy of all criteria for all seeds, with pictures of the filters that stay with the first one. */
export async function filtersExperiment(
  seeds: readonly number[],
  only: readonly string[],
  settings: Settings,
): Promise<unknown> {
  const pruning = LEVELS.flatMap((level) =>
    CRITERIA.flatMap((method) => seeds.map((seed) => jobOf(method, level, seed))),
  );
  const jobs = [...seeds.map(denseJob), ...chosen(pruning, only)];
  const lines = await linesOf('filters', jobs, settings);
  const pictures = CRITERIA.map((method) => ({ method, file: fileOf(method, LEVELS[1]!, seeds[0]!) })).filter(
    ({ file }) => existsSync(file),
  );
  return finishReport(await filtersReport(cellsOf(lines), pictures, LEVELS[1]!, described, seeds));
}
