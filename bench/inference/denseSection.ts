/** Dense products against the ceiling of the machine. */
import { sharedEngine } from '../../src/runtime/engine.js';
import { interleave, median, type Timing } from '../interleave.js';
import type { Effort, Section } from '../section.js';
import { ceilingCase, productCase } from './products.js';
import { randomWeight } from './weights.js';

const SHAPES = [
  [300, 784],
  [512, 512],
  [1024, 1024],
  [2048, 2048],
] as const;
const BATCHES = [8, 32, 256];

/** Median of operations / time over the rounds, in 10^9 a second. */
const rate = (timing: Timing, operations: number) =>
  median(timing.rounds.map((us) => operations / us / 1000));

/** GEMM at several batches and GEMV, with their share of the register mul+add rate of the same rounds. */
export async function denseSection(effort: Effort): Promise<Section> {
  const engine = await sharedEngine();
  const rows: Record<string, unknown>[] = [];
  for (const [out, inputs] of [[300, 300] as const, ...SHAPES]) {
    const values = randomWeight(out, inputs, 0, 1);
    const shape = { values, rows: out, cols: inputs, format: 'dense' } as const;
    const peak = ceilingCase(engine);
    const one = productCase(engine, 'one', { ...shape, lanes: 1 });
    const most = productCase(engine, 'tiles', { ...shape, lanes: 8, tiles: Math.max(...BATCHES) / 8 });
    const batches = BATCHES.map((batch) => most.first(String(batch), batch / 8));
    const [top, single, ...tiles] = await interleave([peak, one, ...batches], effort);
    const ceiling = rate(top!, peak.operations);
    const flops = 2 * out * inputs;
    rows.push({
      shape: `${out} x ${inputs}`,
      bytes: out * inputs * 4,
      ceiling,
      gemv: rate(single!, flops),
      gemm: tiles.map((timing, i) => rate(timing, flops * BATCHES[i]!)),
    });
    for (const each of [peak, one, most]) each.dispose();
  }
  return {
    title: 'Dense: 10^9 operations a second, and share of the register mul+add rate of the same rounds',
    table: [
      ['outputs x inputs', 'ceiling', 'batch 1', ...BATCHES.flatMap((batch) => [`batch ${batch}`, 'share'])],
      ...rows.map(({ shape, ceiling, gemv, gemm }) => [
        shape as string,
        (ceiling as number).toFixed(1),
        (gemv as number).toFixed(1),
        ...(gemm as number[]).flatMap((gf) => [
          gf.toFixed(1),
          `${((100 * gf) / (ceiling as number)).toFixed(0)} %`,
        ]),
      ]),
    ],
    rows,
  };
}
