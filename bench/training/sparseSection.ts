/** Training in sparse storage over our own dense training. */
import { formatCount, formatRatio } from '../../src/report/index.js';
import { interleave, ratio } from '../interleave.js';
import type { Effort, Section } from '../section.js';
import { BATCH, type Batches, buildSparse, networks, trainingCase } from './cases.js';

export interface SparseRow {
  readonly network: string;
  readonly inputs: string;
  readonly sparsity: number;
  /** Of the formats, in layer order, as chosen. */
  readonly storage: string;
  readonly samplesPerSecond: number;
  readonly overDense: number;
}

const SPARSITIES = [0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99];

/** Random zeros in every layer: as `'auto'` stores them, and in blocks of 4x1. */
export async function sparseSection(
  effort: Effort,
  { digits, noise }: { digits: Batches; noise: Batches },
): Promise<Section<SparseRow>> {
  const rows: SparseRow[] = [];
  for (const [network, widths] of Object.entries(networks)) {
    for (const [inputs, batches] of [['MNIST', digits] as const, ['without zeros', noise] as const]) {
      const kinds = (['auto', 'block4'] as const).flatMap((storage) =>
        SPARSITIES.map((sparsity) => ({ storage, sparsity })),
      );
      const all = [{ storage: 'dense', sparsity: 0 } as const, ...kinds];
      const models = await Promise.all(
        all.map(({ storage, sparsity }) => buildSparse(widths, sparsity, storage)),
      );
      const timings = await interleave(
        models.map((model, i) => trainingCase(String(i), model, batches)),
        effort,
      );
      all.forEach(({ sparsity }, i) => {
        const timing = timings[i]!;
        const storage = models[i]!.layers.flatMap(({ weight }) => weight?.storage ?? []).join(' ');
        const samplesPerSecond = (BATCH * 1e6) / timing.micros;
        const overDense = ratio(timings[0]!, timing);
        rows.push({ network, inputs, sparsity, storage, samplesPerSecond, overDense });
      });
      for (const model of models) model.dispose();
    }
  }
  return {
    title: `Sparse training over our own dense training, Adam, batch ${BATCH}: whole steps, data copied in`,
    table: [
      ['network', 'inputs', 'zeros', 'storage', 'samples/s', 'over dense'],
      ...rows.map((row) => [
        row.network,
        row.inputs,
        `${Math.round(row.sparsity * 100)} %`,
        row.storage,
        formatCount(Math.round(row.samplesPerSecond)),
        formatRatio(row.overDense),
      ]),
    ],
    rows,
  };
}
