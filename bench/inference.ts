/**
 * Inference of LeNet-300-100: dense and sparse sessions, and onnxruntime-web with the same weights when it is
 * installed (npm ci --prefix bench/peers). Interleaved, one thread, float32 arrays in and out.
 *
 *   npm run bench:inference [-- --json] [-- --crossover]
 */
import { parseArgs } from 'node:util';
import { syntheticDigits } from '../datasets/index.js';
import { createSession, dense, prune, relu, type Sequential, sequential } from '../src/index.js';
import { formatMicros, formatRatio, table } from '../src/report/index.js';
import { type Case, interleave, ratio, type Timing } from './interleave.js';
import { machine } from './machine.js';
import { onnxruntimeWeb, type PeerLayer, peersInstalled } from './peers.js';

const BATCHES = [1, 8, 32, 256];
const SPARSITY = 0.95;

async function lenet(sparsity: number): Promise<Sequential> {
  const model = await sequential({ inputShape: [784], seed: 1 }, [
    dense(300),
    relu(),
    dense(100),
    relu(),
    dense(10),
  ]);
  if (sparsity > 0) await prune(model, { sparsity });
  return model;
}

function peerLayers(model: Sequential): PeerLayer[] {
  const products = model.layers.filter((layer) => layer.weight);
  return products.map(({ weight, bias }, i) => ({
    weight: weight!.data,
    bias: bias!,
    outFeatures: weight!.shape[0]!,
    inFeatures: weight!.shape[1]!,
    relu: i + 1 < products.length,
  }));
}

async function sessionCase(
  model: Sequential,
  name: string,
  kernels: 'auto' | 'dense' | 'csr',
  x: Float32Array,
  batch: number,
): Promise<Case> {
  const session = await createSession(model, { batch, kernels });
  const out = new Float32Array(batch * 10);
  return {
    name,
    run(times) {
      for (let i = 0; i < times; i++) session.run(x, out);
    },
  };
}

/** Largest difference between two engines on the same input, to be sure that both do the same work. */
function difference(a: Float32Array, b: Float32Array): number {
  return a.reduce((worst, value, i) => Math.max(worst, Math.abs(value - b[i]!)), 0);
}

async function compareEngines(json: boolean): Promise<void> {
  const full = await lenet(0);
  const sparse = await lenet(SPARSITY);
  const { images } = syntheticDigits({ samples: 256 });
  const peer = peersInstalled() ? await onnxruntimeWeb(peerLayers(full)) : undefined;
  const results: { batch: number; timings: Timing[] }[] = [];
  for (const batch of BATCHES) {
    const x = images.slice(0, batch * 784);
    const cases = [
      await sessionCase(full, 'dense', 'dense', x, batch),
      await sessionCase(sparse, 'sparse', 'auto', x, batch),
    ];
    if (peer) {
      const off = difference(await peer.run(x, batch), full.predict(x));
      if (!(off < 1e-4)) throw new Error(`${peer.name} and espalier differ by ${off} at batch ${batch}`);
      cases.push({
        name: peer.name,
        async run(times) {
          for (let i = 0; i < times; i++) await peer.run(x, batch);
        },
      });
    }
    results.push({ batch, timings: await interleave(cases, { rounds: batch === 256 ? 15 : 31 }) });
  }
  const rows = results.map(({ batch, timings: [d, s, p] }) => ({
    batch,
    denseMicros: d!.micros,
    sparseMicros: s!.micros,
    speedup: ratio(d!, s!),
    ...(p && { peerMicros: p.micros, denseOverPeer: ratio(p, d!), sparseOverPeer: ratio(p, s!) }),
  }));
  const header = ['batch', 'dense', `sparse ${SPARSITY * 100} %`, 'speed-up'];
  if (peer) header.push(`${peer.name} ${peer.version}`, 'dense over it', 'sparse over it');
  const lines = rows.map((row) => {
    const cells = [
      String(row.batch),
      formatMicros(row.denseMicros),
      formatMicros(row.sparseMicros),
      formatRatio(row.speedup),
    ];
    if (row.peerMicros === undefined) return cells;
    return [
      ...cells,
      formatMicros(row.peerMicros),
      formatRatio(row.denseOverPeer!),
      formatRatio(row.sparseOverPeer!),
    ];
  });
  console.error(`LeNet-300-100, microseconds per call, medians of interleaved rounds\n${machine()}\n`);
  console.error(table([header, ...lines]));
  if (!peer) console.error('\nFor onnxruntime-web in the same run: npm ci --prefix bench/peers');
  if (json) console.log(JSON.stringify({ machine: machine(), sparsity: SPARSITY, rows }));
}

/** Where CSR begins to beat dense, by lanes: the numbers behind the planner's table. */
async function crossover(): Promise<void> {
  const sparsities = [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];
  const rows = [['batch', ...sparsities.map((s) => `${s}`)]];
  const { images } = syntheticDigits({ samples: 32 });
  for (const batch of [1, 8, 16, 32]) {
    const cells = [String(batch)];
    for (const sparsity of sparsities) {
      const model = await sequential({ inputShape: [784], seed: 1 }, [dense(300)]);
      await prune(model, { sparsity, criterion: 'random' });
      const x = images.slice(0, batch * 784);
      const cases: Case[] = [];
      for (const kernels of ['dense', 'csr'] as const) {
        const session = await createSession(model, { batch, kernels });
        const out = new Float32Array(batch * 300);
        cases.push({
          name: kernels,
          run(times) {
            for (let i = 0; i < times; i++) session.run(x, out);
          },
        });
      }
      const [a, b] = await interleave(cases, { rounds: 11, blockMillis: 4, warmMillis: 60 });
      cells.push(formatRatio(ratio(a!, b!)));
      model.dispose();
    }
    rows.push(cells);
  }
  console.error(`CSR over dense, 300 x 784, session, by sparsity\n${machine()}\n\n${table(rows)}`);
}

const { values } = parseArgs({ options: { json: { type: 'boolean' }, crossover: { type: 'boolean' } } });
await (values.crossover ? crossover() : compareEngines(values.json === true));
process.exit(0); // other engines leave workers behind
