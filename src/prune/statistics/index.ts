/** Registry of statistics: a new one is one file and one line here. */
import { NumericError, OptionError } from '../../errors.js';
import { expectInteger, expectOneOf, show } from '../../options.js';
import { pruneKernels } from '../../runtime/pruneKernels.js';
import { resolveLoss } from '../../train/losses/index.js';
import { Trainer } from '../../train/trainer.js';
import { activity } from './activity.js';
import { flow } from './flow.js';
import { gradient } from './gradient.js';
import { gradientProduct } from './gradientProduct.js';
import { gram } from './gram.js';
import { inputNorms } from './inputNorms.js';
import { Room } from './room.js';
import { rowDistances } from './rowDistances.js';
import type { Bench, Collector, Statistic, StatisticName, WeightStatistics } from './statistic.js';
import { studiedWeights } from './studied.js';
import { dataOf, Pace, STUDY_BATCH, type Study } from './study.js';
import { taylor } from './taylor.js';
import { unitTaylor } from './unitTaylor.js';

export const statistics = {
  gradient,
  taylor,
  gradientProduct,
  flow,
  inputNorms,
  gram,
  activity,
  unitTaylor,
  rowDistances,
} as const satisfies { readonly [Name in StatisticName]: Statistic<WeightStatistics[Name]> };

export type { Activity, StatisticName, WeightStatistics } from './statistic.js';
export type { Study } from './study.js';

function benchOf(study: Study, kernels: Bench['kernels'], room: Room, needsData: boolean): Bench {
  const { model, only } = study;
  const all = studiedWeights(model);
  const weights = only === undefined ? all : all.filter(({ index }) => index === only);
  if (weights.length === 0 && only !== undefined) {
    throw new OptionError(`statistics: only must be the position of a weight, got ${show(only)}`);
  }
  const asked = expectInteger('statistics', 'batchSize', study.batchSize ?? STUDY_BATCH);
  const inputs = model.graph.inputShape.reduce((product, side) => product * side, 1);
  const samples = needsData ? dataOf(study).images.length / inputs : 0;
  if (needsData && samples === 0) throw new OptionError('statistics: samples must be at least one, got none');
  return { study, kernels, room, weights, all, samples, batchSize: Math.max(1, Math.min(asked, samples)) };
}

/** One pass over the data, in inference mode, that all collectors see. */
async function passOver(
  { study, samples, batchSize }: Bench,
  collectors: readonly Collector<unknown>[],
  backward: boolean,
  pace: Pace,
): Promise<void> {
  const { images, labels } = dataOf(study);
  const trainer = Trainer.create(study.model, batchSize);
  try {
    for (let first = 0; first < samples; first += batchSize) {
      const count = Math.min(batchSize, samples - first);
      const order = Uint32Array.from({ length: count }, (_, i) => first + i);
      trainer.batch.stage(images, order);
      const y = trainer.forward(count, false, (pass) => {
        for (const collector of collectors) collector.afterLayer?.(pass, count);
      });
      if (backward) {
        trainer.batch.stageTargets(labels, order);
        const { loss } = trainer.loss(study.loss, y, count);
        if (!Number.isFinite(loss)) {
          throw new NumericError(`statistics: the loss must be finite, got ${loss}; no weight was changed`);
        }
        const gradients = trainer.backward(count, undefined, { training: false });
        for (const collector of collectors) collector.afterBackward?.(gradients, count);
      }
      await pace.step();
    }
  } finally {
    trainer.free();
  }
}

type Found = ReadonlyMap<number, unknown>;

async function gatherWith(names: readonly StatisticName[], bench: Bench): Promise<Map<StatisticName, Found>> {
  const chosen = names.map((name) => [name, statistics[name] as Statistic<unknown>] as const);
  const passing = chosen.flatMap(([name, one]) => ('collect' in one ? [[name, one] as const] : []));
  const own = chosen.flatMap(([name, one]) => ('compute' in one ? [[name, one] as const] : []));
  const batches = passing.length > 0 ? Math.ceil(bench.samples / bench.batchSize) : 0;
  const total = own.reduce((sum, [, one]) => sum + one.steps(bench), batches);
  const pace = new Pace('statistics', total, bench.study);
  const found = new Map<StatisticName, Found>();
  if (passing.length > 0) {
    const collectors = passing.map(([name, one]) => [name, one.collect(bench)] as const);
    const backward = passing.some(([, { kind }]) => kind === 'backward');
    await passOver(
      bench,
      collectors.map(([, collector]) => collector),
      backward,
      pace,
    );
    for (const [name, collector] of collectors) found.set(name, collector.finish());
  }
  for (const [name, one] of own) found.set(name, await one.compute(bench, pace));
  return found;
}

/**
 * Gathers what is asked for, by the position of each weight in model.parameters. The model is only read: weights, masks,
 * moments and clock stay as they are. Dropout does nothing. Other work of the event loop has its turn.
 *
 * @throws OptionError for unknown names, and where data are needed and missing; NumericError when the loss is not finite;
 * AbortedError when the signal says so; MemoryError. No memory is kept.
 */
export async function gather(
  names: readonly StatisticName[],
  study: Study,
): Promise<ReadonlyMap<number, Partial<WeightStatistics>>> {
  const { model } = study;
  model.expectLive('statistics');
  const known = Object.keys(statistics) as StatisticName[];
  const unique = [...new Set(names.map((name) => expectOneOf('statistics', 'name', name, known)))];
  const kernels = await pruneKernels(model.engine);
  const room = new Room(model.engine.memory);
  try {
    const needsData = unique.some(readsSamples);
    if (unique.some(readsLoss)) resolveLoss('statistics', study.loss, dataOf(study).labels, model.graph);
    const bench = benchOf(study, kernels, room, needsData);
    const found = await gatherWith(unique, bench);
    const entries = (index: number) => [...found].map(([name, values]) => [name, values.get(index)]);
    return new Map(
      bench.weights.map(({ index }) => [
        index,
        Object.fromEntries(entries(index)) as Partial<WeightStatistics>,
      ]),
    );
  } finally {
    room.free();
  }
}

/** True for a statistic that looks at the loss of samples. */
function readsLoss(name: StatisticName): boolean {
  return statistics[name].kind === 'backward' || name === 'gradientProduct';
}

/** True for a statistic that looks at samples. */
export function readsSamples(name: StatisticName): boolean {
  return statistics[name].kind !== 'weights';
}
