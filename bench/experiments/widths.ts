/**
 * What sparse storage buys: 784-W-W-10 with ever more units and always as many live weights, trained with RigL on MNIST,
 * beside dense networks of the same widths. Writes bench/results/widths.svg and .json.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { loadMnist } from '../../datasets/index.js';
import { adamw, cosine, dense, relu, rigl, type Sequential, sequential } from '../../src/index.js';
import { formatCount, formatPercent, table } from '../../src/report/index.js';
import { machine } from '../machine.js';
import { widthsPlot } from '../plots/widths.js';
import { BATCH, last, meanAndDeviation, stepsOf } from './runs.js';

type Data = Awaited<ReturnType<typeof loadMnist>>;

const LIVE = 100_000;
const WIDTHS = [300, 1000, 3000, 10_000, 20_000];
const EPOCHS = 5;
/** Dense networks that are trained to the end, and those that run a few steps to be timed. */
const DENSE_WIDTHS = [300, 1000];
const TIMED_WIDTHS = [3000];

export interface WidthRow {
  readonly width: number;
  readonly kind: 'sparse' | 'dense';
  /** Live weights and biases. */
  readonly live: number;
  readonly sparsity: number;
  readonly samplesPerSecond: number;
  /** Final, on the official test set, mean over the seeds; null where only the speed was measured. */
  readonly accuracy: number | null;
  /** Bytes of weights, gradients and moments. */
  readonly trainingBytes: number;
}

function network(width: number, seed: number, sparsity: number | undefined): Promise<Sequential> {
  const layers = [dense(width), relu(), dense(width), relu(), dense(10)];
  return sequential({ inputShape: [784], seed, ...(sparsity !== undefined && { sparsity }) }, layers);
}

async function train(
  width: number,
  seed: number,
  data: Data,
  sparse: boolean,
  samples: number,
): Promise<WidthRow> {
  const weights = 784 * width + width * width + 10 * width;
  const model = await network(width, seed, sparse ? 1 - LIVE / weights : undefined);
  const whole = samples === data.train.labels.length;
  const images = data.train.images.subarray(0, samples * 784);
  const labels = data.train.labels.subarray(0, samples);
  const epochs = whole ? EPOCHS : 1;
  const steps = stepsOf({ ...data.train, labels }, epochs);
  const history = await model.fit(images, labels, {
    optimizer: adamw({ learningRate: cosine({ start: 2e-3, end: 0, steps }), weightDecay: 0.05 }),
    epochs,
    batchSize: BATCH,
    ...(sparse && { pruning: rigl({ every: 200 }) }),
  });
  const { live, sparsity } = model.summary();
  const accuracy = whole ? (await model.evaluate(data.test.images, data.test.labels)).accuracy : null;
  model.dispose();
  const row: WidthRow = {
    width,
    kind: sparse ? 'sparse' : 'dense',
    live,
    sparsity,
    samplesPerSecond: last(history, 'samplesPerSecond'),
    accuracy,
    trainingBytes: last(history, 'trainingBytes'),
  };
  const shown = accuracy === null ? 'speed only' : formatPercent(accuracy);
  console.error(
    `${row.kind}, ${width} units, seed ${seed}: ${shown}, ${Math.round(row.samplesPerSecond)} samples/s`,
  );
  return row;
}

/** Means over the seeds, row by row. */
function averaged(runs: readonly (readonly WidthRow[])[]): WidthRow[] {
  return runs[0]!.map((first, i) => {
    const all = runs.map((rows) => rows[i]!);
    const accuracies = all.flatMap(({ accuracy }) => accuracy ?? []);
    return {
      ...first,
      samplesPerSecond: meanAndDeviation(all.map((row) => row.samplesPerSecond)).mean,
      accuracy: accuracies.length > 0 ? meanAndDeviation(accuracies).mean : null,
    };
  });
}

/** The sweep: a table, and a plot for the documents. */
export async function widths(seeds: readonly number[]): Promise<unknown> {
  const data = await loadMnist();
  const all = data.train.labels.length;
  const runs: WidthRow[][] = [];
  for (const seed of seeds) {
    const rows: WidthRow[] = [];
    for (const width of WIDTHS) rows.push(await train(width, seed, data, true, all));
    for (const width of DENSE_WIDTHS) rows.push(await train(width, seed, data, false, all));
    for (const width of TIMED_WIDTHS) rows.push(await train(width, seed, data, false, 16 * BATCH));
    runs.push(rows);
  }
  const rows = averaged(runs);
  console.error(
    `\n784-W-W-10 on MNIST, ${EPOCHS} epochs, batch ${BATCH}, ${seeds.length} seeds; sparse: ${formatCount(LIVE)} live weights, RigL\n${machine()}\n`,
  );
  console.error(
    table([
      ['units', 'storage', 'zeros', 'test accuracy', 'samples/s', 'bytes'],
      ...rows.map((row) => [
        formatCount(row.width),
        row.kind,
        formatPercent(row.sparsity, 3),
        row.accuracy === null ? '-' : formatPercent(row.accuracy),
        formatCount(Math.round(row.samplesPerSecond)),
        formatCount(row.trainingBytes),
      ]),
    ]),
  );
  mkdirSync('bench/results', { recursive: true });
  const outcome = { machine: machine(), live: LIVE, epochs: EPOCHS, seeds, rows };
  writeFileSync('bench/results/widths.json', `${JSON.stringify(outcome, null, 2)}\n`);
  writeFileSync('bench/results/widths.svg', widthsPlot(rows, LIVE, machine()));
  console.error('\nbench/results/widths.svg, bench/results/widths.json');
  return outcome;
}
