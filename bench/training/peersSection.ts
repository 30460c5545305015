/** Beside jax-js, the one engine in JavaScript that trains at a comparable speed (npm ci --prefix bench/peers). */
import { formatCount, formatRatio } from '../../src/report/index.js';
import { type Case, interleave, ratio } from '../interleave.js';
import { jaxTrainer, peersInstalled } from '../peers.js';
import type { Effort, Section } from '../section.js';
import { BATCH, type Batches, buildSparse, networks, trainingCase } from './cases.js';

export interface PeerRow {
  readonly name: string;
  readonly samplesPerSecond: number;
  /** Our dense training over it. */
  readonly denseOver: number;
  /** Our training at 95 % zeros over it. */
  readonly sparseOver: number;
}

/** LeNet-300-100 on digits: ours dense, ours at 95 %, and jax-js when it is installed. */
export async function peersSection(
  effort: Effort,
  { digits }: { digits: Batches },
): Promise<Section<PeerRow>> {
  const widths = networks['LeNet-300-100']!;
  const models = [await buildSparse(widths, 0, 'dense'), await buildSparse(widths, 0.95, 'auto')];
  const cases: Case[] = [
    trainingCase('espalier, dense', models[0]!, digits),
    trainingCase('espalier, 95 % zeros', models[1]!, digits),
  ];
  if (peersInstalled()) {
    const trainer = await jaxTrainer({ layers: [...widths], batchSize: BATCH, learningRate: 1e-3, seed: 1 });
    let next = 0;
    cases.push({
      name: `${trainer.name} ${trainer.version}`,
      async run(times) {
        for (let i = 0; i < times; i++) {
          const { x, y } = digits[next++ % digits.length]!;
          await trainer.step(x, y);
        }
      },
    });
  }
  const timings = await interleave(cases, effort);
  const rows = timings.map((timing) => ({
    name: timing.name,
    samplesPerSecond: (BATCH * 1e6) / timing.micros,
    denseOver: ratio(timing, timings[0]!),
    sparseOver: ratio(timing, timings[1]!),
  }));
  return {
    title: `LeNet-300-100, Adam, batch ${BATCH}, MNIST`,
    table: [
      ['engine', 'samples/s', 'our dense over it', 'our 95 % over it'],
      ...rows.map((row) => [
        row.name,
        formatCount(Math.round(row.samplesPerSecond)),
        formatRatio(row.denseOver),
        formatRatio(row.sparseOver),
      ]),
    ],
    rows,
    ...(!peersInstalled() && { note: 'For jax-js in the same run: npm ci --prefix bench/peers' }),
  };
}
