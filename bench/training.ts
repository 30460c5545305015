/**
 * Training of LeNet-300-100 with Adam at batch 64: samples a second, and beside jax-js when it is installed
 * (npm ci --prefix bench/peers). Interleaved, one thread; every step copies its batch in.
 *
 *   npm run bench:training [-- --json]
 */
import { parseArgs } from 'node:util';
import { type Dataset, loadMnist, syntheticDigits } from '../datasets/index.js';
import { adam, dense, relu, sequential } from '../src/index.js';
import { formatCount, formatRatio, table } from '../src/report/index.js';
import { type Case, interleave, ratio } from './interleave.js';
import { machine } from './machine.js';
import { jaxTrainer, peersInstalled } from './peers.js';

const BATCH = 64;
const BATCHES = 256;

/** Cuts a set into batches, in a fixed scattered order. */
function batchesOf({ images, labels }: Dataset): { x: Float32Array; y: Int32Array }[] {
  return Array.from({ length: BATCHES }, (_, b) => {
    const x = new Float32Array(BATCH * 784);
    const y = new Int32Array(BATCH);
    for (let i = 0; i < BATCH; i++) {
      const sample = ((b * BATCH + i) * 7919) % labels.length;
      x.set(images.subarray(sample * 784, (sample + 1) * 784), i * 784);
      y[i] = labels[sample]!;
    }
    return { x, y };
  });
}

const { values } = parseArgs({ options: { json: { type: 'boolean' }, synthetic: { type: 'boolean' } } });
const data = values.synthetic ? syntheticDigits({ samples: 20_000 }) : (await loadMnist()).train;
const batches = batchesOf(data);
const noise = batches.map(({ x, y }) => ({ x: x.map((_, i) => ((i * 2654435761) >>> 0) / 2 ** 32), y }));

async function ours(name: string, list: typeof batches): Promise<Case> {
  const model = await sequential({ inputShape: [784], seed: 1 }, [
    dense(300),
    relu(),
    dense(100),
    relu(),
    dense(10),
  ]);
  const optimizer = adam({ learningRate: 1e-3 });
  let next = 0;
  return {
    name,
    run(times) {
      for (let i = 0; i < times; i++) {
        const { x, y } = list[next++ % BATCHES]!;
        model.trainOnBatch(x, y, { optimizer });
      }
    },
  };
}

const cases = [await ours('espalier', batches), await ours('espalier, inputs without zeros', noise)];
if (peersInstalled()) {
  const trainer = await jaxTrainer({
    layers: [784, 300, 100, 10],
    batchSize: BATCH,
    learningRate: 1e-3,
    seed: 1,
  });
  let next = 0;
  cases.push({
    name: `${trainer.name} ${trainer.version}`,
    async run(times) {
      for (let i = 0; i < times; i++) {
        const { x, y } = batches[next++ % BATCHES]!;
        await trainer.step(x, y);
      }
    },
  });
}
const timings = await interleave(cases, { rounds: 21, blockMillis: 60, warmMillis: 1000 });
const rows = timings.map((timing) => ({
  name: timing.name,
  samplesPerSecond: (BATCH * 1e6) / timing.micros,
  ratio: ratio(timing, timings[0]!),
}));
console.error(`Training LeNet-300-100, Adam, batch ${BATCH}, medians of interleaved rounds\n${machine()}\n`);
const lines = rows.map((row) => [
  row.name,
  formatCount(Math.round(row.samplesPerSecond)),
  formatRatio(row.ratio),
]);
console.error(table([['engine', 'samples/s', 'espalier over it'], ...lines]));
if (!peersInstalled()) console.error('\nFor jax-js in the same run: npm ci --prefix bench/peers');
if (values.json) console.log(JSON.stringify({ machine: machine(), rows }));
process.exit(0);
