/** Whole networks beside other engines, and the curve of speed-up against sparsity. */
import { syntheticDigits } from '../../datasets/index.js';
import { createSession } from '../../src/index.js';
import { formatMicros, formatRatio } from '../../src/report/index.js';
import { type Case, interleave, ratio, type Timing } from '../interleave.js';
import { forward, type InferencePeer, inferencePeers, type PeerLayer } from '../peers.js';
import type { Effort, Section } from '../section.js';
import { modelOf } from './models.js';
import { randomLayers } from './weights.js';

const NETWORKS = [
  { name: 'LeNet-300-100', sizes: [784, 300, 100, 10] },
  { name: '784-1024-1024-10', sizes: [784, 1024, 1024, 10] },
] as const;
const BATCHES = [1, 8, 32, 256];
const OURS = [0, 0.9, 0.95];

/** What every engine must give, in float64. */
function reference(layers: readonly PeerLayer[], x: Float32Array, n: number): Float64Array {
  return Float64Array.from(forward(layers, x, n).at(-1)!);
}

function expectEqual(name: string, actual: Float32Array, expected: Float64Array): void {
  const most = expected.reduce((a, b) => Math.max(a, Math.abs(b)), 1);
  const off = actual.reduce((worst, value, i) => Math.max(worst, Math.abs(value - expected[i]!)), 0);
  if (!(off <= 1e-5 * most)) throw new Error(`${name} is off by ${off} from float64`);
}

async function ours(sizes: readonly number[], sparsity: number, x: Float32Array, batch: number) {
  const layers = randomLayers(sizes, sparsity);
  const model = await modelOf(layers);
  const session = await createSession(model, { batch, kernels: sparsity === 0 ? 'dense' : 'auto' });
  model.dispose();
  const out = new Float32Array(batch * sizes.at(-1)!);
  expectEqual(`espalier, ${sparsity} zeros`, session.run(x, out), reference(layers, x, batch));
  const one: Case = {
    name: sparsity === 0 ? 'dense' : `${sparsity * 100} % zeros`,
    run(times) {
      for (let i = 0; i < times; i++) session.run(x, out);
    },
  };
  return { case: one, dispose: () => session.dispose() };
}

async function theirs(
  peer: InferencePeer,
  layers: readonly PeerLayer[],
  x: Float32Array,
  batch: number,
): Promise<Case> {
  expectEqual(peer.name, await peer.run(x, batch), reference(layers, x, batch));
  return {
    name: `${peer.name} ${peer.version}`,
    async run(times) {
      for (let i = 0; i < times; i++) {
        const y = peer.run(x, batch);
        if (y instanceof Promise) await y;
      }
    },
  };
}

async function measure(sizes: readonly number[], batch: number, effort: Effort): Promise<Timing[]> {
  const { images } = syntheticDigits({ samples: batch });
  const layers = randomLayers(sizes, 0);
  const mine = await Promise.all(OURS.map((sparsity) => ours(sizes, sparsity, images, batch)));
  const peers: InferencePeer[] = [];
  for (const entry of inferencePeers) peers.push(await entry.create(layers, batch)); // one by one: they change globals
  const cases = [...mine.map((each) => each.case)];
  for (const peer of peers) cases.push(await theirs(peer, layers, images, batch));
  const timings = await interleave(cases, { ...effort, warmMillis: 1000 });
  for (const each of mine) each.dispose();
  for (const peer of peers) await peer.dispose();
  return timings;
}

/** One network at one batch: microseconds a call, and how many times faster ours is. */
export type NetworkRow = {
  readonly network: string;
  readonly batch: number;
  readonly denseMicros: number;
  readonly micros90: number;
  readonly micros95: number;
  readonly denseOver95: number;
  readonly peers: readonly {
    readonly name: string;
    readonly micros: number;
    readonly overDense: number;
    readonly over90: number;
    readonly over95: number;
  }[];
};

/** Microseconds of a call at every batch; ratios over the peers come from the same rounds. */
export async function peersSection(effort: Effort): Promise<Section<NetworkRow>> {
  const rows: NetworkRow[] = [];
  const table: string[][] = [];
  for (const { name, sizes } of NETWORKS) {
    for (const batch of BATCHES) {
      const timings = await measure(sizes, batch, effort);
      const [dense, s90, s95] = timings;
      const peers = timings.slice(OURS.length);
      if (table.length === 0) {
        table.push(['network', 'batch', 'dense', '90 %', '95 %', ...peers.map((peer) => peer.name)]);
      }
      table.push([name, String(batch), ...timings.map(({ micros }) => formatMicros(micros))]);
      // Without peers there is nothing to compare with.
      const compared =
        peers.length === 0
          ? []
          : ([
              ['dense', dense!],
              ['90 %', s90!],
              ['95 %', s95!],
            ] as const);
      for (const [label, own] of compared) {
        table.push([
          '',
          '',
          `${label} is`,
          '',
          '',
          ...peers.map((peer) => `${formatRatio(ratio(peer, own))}`),
        ]);
      }
      rows.push({
        network: name,
        batch,
        denseMicros: dense!.micros,
        micros90: s90!.micros,
        micros95: s95!.micros,
        denseOver95: ratio(dense!, s95!),
        peers: peers.map((peer) => ({
          name: peer.name,
          micros: peer.micros,
          overDense: ratio(peer, dense!),
          over90: ratio(peer, s90!),
          over95: ratio(peer, s95!),
        })),
      });
    }
  }
  return {
    title:
      'Whole networks, microseconds a call; below: how many times faster ours is than each engine (which run dense)',
    table,
    rows,
    ...(inferencePeers.length === 0 && {
      note: 'For other engines in the same run: npm ci --prefix bench/peers',
    }),
  };
}
