/** From which share of zeros sparse storage trains faster, for single layers, and what `'auto'` makes of it. */
import { formatRatio } from '../../src/report/index.js';
import { interleave, ratio } from '../interleave.js';
import type { Effort, Section } from '../section.js';
import { BATCH, type Batches, buildSparse, trainingCase, type Widths } from './cases.js';

export interface CrossoverRow {
  readonly layer: string;
  /** Speed of compressed sparse rows over dense, by share of zeros. */
  readonly ratios: readonly number[];
  /** Where the two are even, between the shares that were measured; null where sparse is ahead of all or of none. */
  readonly crossover: number | null;
  /** The first share of those measured at which `'auto'` stores it sparse. */
  readonly auto: number | null;
}

const SPARSITIES = [0.3, 0.4, 0.5, 0.6, 0.7, 0.8];
const LAYERS: readonly Widths[] = [
  [784, 300, 10],
  [784, 100, 10],
  [784, 1024, 10],
  [300, 100, 10],
  [1024, 1024, 10],
  [100, 10, 10],
];

/** A layer in a network of two, as the second layer of three where its input gradient is needed. */
export async function crossoverSection(
  effort: Effort,
  { noise }: { noise: Batches },
): Promise<Section<CrossoverRow>> {
  const rows: CrossoverRow[] = [];
  for (const [inputs, outputs] of LAYERS) {
    const widths: Widths = inputs === 784 ? [784, outputs] : [784, inputs, outputs];
    const only = inputs === 784 ? 0 : 1;
    const batches = noise.map(({ x, y }) => ({ x, y: y.map((label) => label % outputs) }));
    const make = async (sparsity: number, storage: 'dense' | 'csr' | 'auto') => {
      const model = await buildSparse(widths, sparsity, storage);
      if (only === 1 && sparsity > 0) {
        // The layer before it stays dense: only the one in question differs.
        const full = await buildSparse(widths, 0, 'dense');
        const weights = full.getWeights();
        full.dispose();
        model.parameters[0]!.setMask(null);
        model.parameters[0]!.write(weights[0]!);
      }
      return model;
    };
    const dense = await make(0, 'dense');
    const sparse = await Promise.all(SPARSITIES.map((sparsity) => make(sparsity, 'csr')));
    const autos = await Promise.all(SPARSITIES.map((sparsity) => make(sparsity, 'auto')));
    const timings = await interleave(
      [dense, ...sparse].map((model, i) => trainingCase(String(i), model, batches)),
      effort,
    );
    const ratios = SPARSITIES.map((_, i) => ratio(timings[0]!, timings[i + 1]!));
    const after = ratios.findIndex((value) => value >= 1);
    const between = (i: number) => {
      const [a, b] = [ratios[i - 1]!, ratios[i]!];
      return SPARSITIES[i - 1]! + ((1 - a) / (b - a)) * (SPARSITIES[i]! - SPARSITIES[i - 1]!);
    };
    const first = autos.findIndex(
      (model) => model.layers.filter(({ weight }) => weight)[only]!.weight!.storage !== 'dense',
    );
    rows.push({
      layer: `${outputs} x ${inputs}${only === 1 ? ' (with input gradient)' : ''}`,
      ratios,
      crossover: after > 0 ? between(after) : null,
      auto: first < 0 ? null : SPARSITIES[first]!,
    });
    for (const model of [dense, ...sparse, ...autos]) model.dispose();
  }
  const share = (value: number | null) => (value === null ? '-' : `${Math.round(value * 100)} %`);
  return {
    title: `Networks in which one layer is stored sparse (csr) over the same stored dense, batch ${BATCH}, inputs without zeros`,
    table: [
      [
        'outputs x inputs',
        ...SPARSITIES.map((value) => `${Math.round(value * 100)} %`),
        'even at',
        'auto from',
      ],
      ...rows.map((row) => [
        row.layer,
        ...row.ratios.map(formatRatio),
        share(row.crossover),
        share(row.auto),
      ]),
    ],
    rows,
  };
}
