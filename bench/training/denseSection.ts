/** Dense training: samples a second, and its rate beside the ceiling of the machine. */

import { formatCount } from '../../src/report/index.js';
import { sharedEngine } from '../../src/runtime/engine.js';
import { ceilingCase, productCase } from '../inference/products.js';
import { randomWeight } from '../inference/weights.js';
import { interleave, median, type Timing } from '../interleave.js';
import type { Effort, Section } from '../section.js';
import { BATCH, type Batches, build, networks, operationsOf, trainingCase } from './cases.js';

export interface DenseRow {
  readonly network: string;
  readonly inputs: string;
  readonly samplesPerSecond: number;
  /** 10^9 operations a second, as if no zero were skipped. */
  readonly rate: number;
  /** The same of register multiplications and additions, in the same rounds. */
  readonly ceiling: number;
  /** The same of the product of inference, 1024 x 1024 over as many samples, in the same rounds. */
  readonly gemm: number;
}

/** The product that the rate of training is compared with. */
const GEMM = 1024;

const rate = (timing: Timing, operations: number) =>
  median(timing.rounds.map((us) => operations / us / 1000));

const percent = (share: number) => `${(100 * share).toFixed(0)} %`;

/** Both networks, on digits (mostly zeros, which are skipped) and on inputs without zeros. */
export async function denseSection(
  effort: Effort,
  { digits, noise }: { digits: Batches; noise: Batches },
): Promise<Section<DenseRow>> {
  const engine = await sharedEngine();
  const rows: DenseRow[] = [];
  for (const [network, widths] of Object.entries(networks)) {
    const models = await Promise.all([
      build(widths, { storage: 'dense' }),
      build(widths, { storage: 'dense' }),
    ]);
    const peak = ceilingCase(engine);
    const values = randomWeight(GEMM, GEMM, 0, 1);
    const shape = { values, rows: GEMM, cols: GEMM, format: 'dense' } as const;
    const product = productCase(engine, 'gemm', { ...shape, lanes: 8, tiles: BATCH / 8 });
    const cases = [
      peak,
      product,
      trainingCase('MNIST', models[0]!, digits),
      trainingCase('without zeros', models[1]!, noise),
    ];
    const [top, best, ...timings] = await interleave(cases, effort);
    for (const timing of timings) {
      rows.push({
        network,
        inputs: timing.name,
        samplesPerSecond: (BATCH * 1e6) / timing.micros,
        rate: rate(timing, operationsOf(widths)),
        ceiling: rate(top!, peak.operations),
        gemm: rate(best!, 2 * GEMM * GEMM * BATCH),
      });
    }
    peak.dispose();
    product.dispose();
    for (const model of models) model.dispose();
  }
  return {
    title: `Dense training, Adam, batch ${BATCH}: whole steps, data copied in`,
    table: [
      ['network', 'inputs', 'samples/s', '10^9 op/s', 'GEMM', 'share', 'registers', 'share'],
      ...rows.map((row) => [
        row.network,
        row.inputs,
        formatCount(Math.round(row.samplesPerSecond)),
        row.rate.toFixed(1),
        row.gemm.toFixed(1),
        percent(row.rate / row.gemm),
        row.ceiling.toFixed(1),
        percent(row.rate / row.ceiling),
      ]),
    ],
    rows,
    note:
      'Operations are counted as if zero inputs were not skipped. GEMM: the dense product of sessions, 1024 x 1024 at the\n' +
      'same batch, the best that this engine does; registers: multiplications and additions alone. Both in the same rounds.',
  };
}
