/** Training LeNet-5 with zeros: convolutions in sparse storage over dense training, and over convolutions that stay dense. */
import { createModel, type Sequential } from '../../src/index.js';
import { formatCount, formatRatio } from '../../src/report/index.js';
import { interleave, ratio } from '../interleave.js';
import type { Effort, Section } from '../section.js';
import { BATCH, type Batches, trainingCase } from './cases.js';

export interface ConvRow {
  readonly sparsity: number;
  /** Of the formats, in layer order, as chosen. */
  readonly storage: string;
  readonly samplesPerSecond: number;
  /** Over the network without zeros. */
  readonly overDense: number;
  /** Over the same zeros with only the dense layers stored sparse. */
  readonly overDenseConvolutions: number;
}

const SPARSITIES = [0.5, 0.7, 0.8, 0.9, 0.95, 0.98];

/** Every layer with that share of random zeros, stored as `'auto'` does; with `masked`, convolutions dense under a mask. */
async function lenet5(sparsity: number, masked = false): Promise<Sequential> {
  const start = sparsity === 0 ? {} : ({ sparsity, distribution: 'uniform' } as const);
  const model = await createModel('lenet5', { seed: 1, ...start });
  if (!masked) return model;
  for (const parameter of model.parameters) if (parameter.spec.windows) parameter.convert('dense');
  return model;
}

/** Random zeros in every layer. */
export async function convSection(
  effort: Effort,
  { digits }: { digits: Batches },
): Promise<Section<ConvRow>> {
  const models = await Promise.all([
    lenet5(0),
    ...SPARSITIES.map((sparsity) => lenet5(sparsity)),
    ...SPARSITIES.map((sparsity) => lenet5(sparsity, true)),
  ]);
  const timings = await interleave(
    models.map((model, i) => trainingCase(String(i), model, digits)),
    effort,
  );
  const rows = [0, ...SPARSITIES].map((sparsity, i): ConvRow => {
    const timing = timings[i]!;
    const masked = i === 0 ? timing : timings[i + SPARSITIES.length]!;
    return {
      sparsity,
      storage: models[i]!.layers.flatMap(({ weight }) => weight?.storage ?? []).join(' '),
      samplesPerSecond: (BATCH * 1e6) / timing.micros,
      overDense: ratio(timings[0]!, timing),
      overDenseConvolutions: ratio(masked, timing),
    };
  });
  for (const model of models) model.dispose();
  return {
    title: `LeNet-5 with zeros in every layer, Adam, batch ${BATCH}: whole steps, data copied in`,
    table: [
      ['zeros', 'storage', 'samples/s', 'over dense', 'over masked convolutions'],
      ...rows.map((row) => [
        `${Math.round(row.sparsity * 100)} %`,
        row.storage,
        formatCount(Math.round(row.samplesPerSecond)),
        formatRatio(row.overDense),
        formatRatio(row.overDenseConvolutions),
      ]),
    ],
    rows,
  };
}
