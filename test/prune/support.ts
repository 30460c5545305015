/** Models and contexts for tests of statistics and criteria. */
import { dense, type LayerSpec, type Sequential, type StorageChoice, sequential } from '../../src/index.js';
import type { CriterionContext } from '../../src/prune/criteria/index.js';
import {
  gather,
  type StatisticName,
  type Study,
  type WeightStatistics,
} from '../../src/prune/statistics/index.js';
import { losses } from '../../src/train/losses/index.js';
import { values } from '../model/support.js';
import { SeededRandom } from '../support/seededRandom.js';

/** A chain of dense layers with `activation` between them; every second layer has no bias, the first one has. */
export function layersOf(widths: readonly number[], activation: readonly LayerSpec[]): LayerSpec[] {
  return widths
    .slice(1)
    .flatMap((units, i) => [...(i > 0 ? activation : []), dense(units, { bias: i % 2 === 0 })]);
}

/** A model with seeded weights, pruned at random in groups of `height` rows, in that storage. */
export async function prunedModel(
  widths: readonly number[],
  activation: readonly LayerSpec[],
  { storage = 'dense' as StorageChoice, sparsity = 0.5, height = 1, seed = 1 } = {},
): Promise<Sequential> {
  const model = await sequential(
    { inputShape: [widths[0]!], seed, storage: 'dense' },
    layersOf(widths, activation),
  );
  model.setWeights(model.parameters.map(({ length }, i) => values(length, seed + i, 0.7)));
  const random = new SeededRandom(seed);
  for (const parameter of model.parameters) {
    if (!parameter.prunable || sparsity === 0) continue;
    const { rows, cols } = parameter;
    const blocks = random.mask(Math.ceil(rows / height) * cols, sparsity);
    parameter.setMask(
      Uint8Array.from({ length: rows * cols }, (_, i) => {
        return blocks[Math.floor(Math.floor(i / cols) / height) * cols + (i % cols)]!;
      }),
    );
  }
  model.setStorage(storage);
  return model;
}

/** Statistics of every weight, in layer order. */
export async function gathered(
  names: readonly StatisticName[],
  model: Sequential,
  study: Partial<Study> = {},
): Promise<Partial<WeightStatistics>[]> {
  const found = await gather(names, { model, loss: losses.softmaxCrossEntropy, seed: 3, ...study });
  return [...found.values()];
}

/** A context with literal weights [rows, cols] and statistics. */
export function contextOf(
  weight: readonly number[],
  rows: number,
  statistics: Partial<WeightStatistics>,
  more: Partial<CriterionContext> = {},
): CriterionContext {
  return {
    name: 'dense1.weight',
    shape: [rows, weight.length / rows],
    weight: Float32Array.from(weight),
    mask: null,
    seed: 1,
    statistics,
    ...more,
  } as CriterionContext;
}
