/** A network that would not fit densely: 784-20000-20000-10 at 99.9 %, sparse from the first step, in a fresh process. */
import { execFileSync } from 'node:child_process';
import { syntheticDigits } from '../../datasets/index.js';
import { adam, rigl } from '../../src/index.js';
import { formatBytes } from '../../src/report/index.js';
import type { Effort, Section } from '../section.js';
import { BATCH, build, operationsOf, type Widths } from './cases.js';

const WIDTHS: Widths = [784, 20_000, 20_000, 10];
const EPOCHS = 2;
const SAMPLES = 3200;

export interface MemoryRow {
  readonly parameters: number;
  readonly live: number;
  /** Of the whole process, at its highest. */
  readonly residentBytes: number;
  readonly wasmBytes: number;
  /** Weights, gradients and two moments, were they dense. */
  readonly denseBytes: number;
  readonly samplesPerSecond: number;
  readonly loss: readonly number[];
}

/** Runs in the fresh process: trains with RigL and prints what it took. */
export async function memoryProbe(): Promise<void> {
  const { images, labels } = syntheticDigits({ samples: SAMPLES });
  const model = await build(WIDTHS, { sparsity: 0.999 });
  const history = await model.fit(images, labels, {
    optimizer: adam(),
    epochs: EPOCHS,
    batchSize: BATCH,
    pruning: rigl({ every: 25 }),
  });
  const { parameters, live } = model.summary();
  const row: MemoryRow = {
    parameters,
    live,
    residentBytes: process.resourceUsage().maxRSS * 1024,
    wasmBytes: model.engine.memory.totalBytes,
    denseBytes: parameters * 16,
    samplesPerSecond: history.samplesPerSecond.at(-1)!,
    loss: history.loss,
  };
  console.log(JSON.stringify(row));
}

/** Peak memory, as the operating system counts it. */
export async function memorySection(_: Effort): Promise<Section<MemoryRow>> {
  const output = execFileSync(process.execPath, [process.argv[1]!, '--probe'], { encoding: 'utf8' });
  const row = JSON.parse(output) as MemoryRow;
  return {
    title: `${WIDTHS.join('-')} at 99.9 %, RigL from the first step, batch ${BATCH}, ${EPOCHS} epochs of ${SAMPLES} synthetic digits`,
    table: [
      ['live weights', 'peak of the process', 'WebAssembly memory', 'dense would need', 'samples/s', 'loss'],
      [
        String(row.live),
        formatBytes(row.residentBytes),
        formatBytes(row.wasmBytes),
        formatBytes(row.denseBytes),
        String(Math.round(row.samplesPerSecond)),
        row.loss.map((loss) => loss.toFixed(3)).join(' -> '),
      ],
    ],
    rows: [row],
    note: `Dense: weights, gradients and two moments; ${(operationsOf(WIDTHS) / 1e9).toFixed(0)} * 10^9 operations a step.`,
  };
}
