/** A convolutional network beside other engines: microseconds a sample, and how many times faster ours is. */
import { formatMicros, formatRatio } from '../../src/report/index.js';
import { type Case, interleave, ratio, type Timing } from '../interleave.js';
import type { InferencePeer } from '../peers.js';
import type { Effort, Section } from '../section.js';
import { type ConvnetEntry, convnetPeers, forwardConvnet, inLayoutOf, type PeerConvnet } from './peers.js';

const WARM_MILLIS = 2000; // until V8 has optimized all of a 10 MB module that a call uses
const CHECKED = 8; // samples that are compared with float64: each takes it 50 ms and more

/** One of our ways to run a network. */
export interface OwnRunner {
  readonly name: string;
  /** What it runs, if not the network of the comparison: the same one pruned. */
  readonly network?: PeerConvnet;
  /** x [n, c, h, w] to y [n, ...]; the array it gives may be reused. */
  run(x: Float32Array, n: number): Float32Array;
  /** Called when its batch is measured. */
  dispose?(): void;
}

/** What to compare. */
export interface Comparison {
  readonly title: string;
  readonly network: PeerConvnet;
  readonly batches: readonly number[];
  /** Samples [n, c, h, w] of the largest batch at least. */
  readonly x: Float32Array;
  /** Called for each batch, before it is measured. */
  ours(batch: number): Promise<readonly OwnRunner[]>;
  readonly peers?: readonly ConvnetEntry[];
}

/** One engine at one batch. */
export interface ConvnetRow {
  readonly batch: number;
  readonly name: string;
  readonly microsPerSample: number;
  /** How many times faster each of ours is, by its name; from the same rounds. */
  readonly over: Readonly<Record<string, number>>;
}

function expectEqual(name: string, actual: Float32Array, network: PeerConvnet, x: Float32Array, n: number) {
  const samples = Math.min(n, CHECKED);
  const expected = forwardConvnet(network, x, samples);
  const most = expected.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  const off = expected.reduce((worst, value, i) => Math.max(worst, Math.abs(value - actual[i]!)), 0);
  if (!(off <= 1e-4 * most)) throw new Error(`${name} is off by ${off} from float64`);
  if (actual.length * samples !== expected.length * n)
    throw new Error(`${name} gives ${actual.length} values for ${n} samples`);
}

function ourCase({ network, x }: Comparison, own: OwnRunner, n: number): Case {
  expectEqual(own.name, own.run(x, n), own.network ?? network, x, n);
  return {
    name: own.name,
    run(times) {
      for (let i = 0; i < times; i++) own.run(x, n);
    },
  };
}

async function theirCase(
  { network, x }: Comparison,
  peer: InferencePeer & { readonly channelsLast?: boolean },
  n: number,
): Promise<Case> {
  const input = inLayoutOf(peer, x, network);
  expectEqual(peer.name, await peer.run(input, n), network, x, n);
  return {
    name: `${peer.name} ${peer.version}`,
    async run(times) {
      for (let i = 0; i < times; i++) {
        const y = peer.run(input, n);
        if (y instanceof Promise) await y;
      }
    },
  };
}

/** Times of ours, then of the peers. */
async function measure(comparison: Comparison, n: number, effort: Effort): Promise<[Timing[], Timing[]]> {
  const size = comparison.network.inputShape.reduce((a, b) => a * b, 1);
  const one = { ...comparison, x: comparison.x.slice(0, n * size) };
  const ours = await comparison.ours(n);
  const peers: InferencePeer[] = [];
  const cases = ours.map((own) => ourCase(one, own, n));
  for (const entry of comparison.peers ?? convnetPeers) {
    const peer = await entry.create(comparison.network, n);
    peers.push(peer);
    cases.push(await theirCase(one, peer, n));
  }
  const timings = await interleave(cases, { ...effort, warmMillis: WARM_MILLIS });
  for (const own of ours) own.dispose?.();
  for (const peer of peers) await peer.dispose();
  return [timings.slice(0, ours.length), timings.slice(ours.length)];
}

function rowsOf(n: number, ours: readonly Timing[], all: readonly Timing[]): ConvnetRow[] {
  return all.map((timing) => ({
    batch: n,
    name: timing.name,
    microsPerSample: timing.micros / n,
    over: Object.fromEntries(ours.map((own) => [own.name, ratio(timing, own)])),
  }));
}

/** Microseconds a sample at every batch, one thread; ratios over the peers come from the same rounds. */
export async function comparePeers(comparison: Comparison, effort: Effort): Promise<Section<ConvnetRow>> {
  const rows: ConvnetRow[] = [];
  const table: string[][] = [];
  for (const n of comparison.batches) {
    const [ours, peers] = await measure(comparison, n, effort);
    const all = rowsOf(n, ours, [...ours, ...peers]);
    rows.push(...all);
    if (table.length === 0) table.push(['batch', ...all.map(({ name }) => name)]);
    table.push([String(n), ...all.map(({ microsPerSample }) => formatMicros(microsPerSample))]);
    if (peers.length === 0) continue;
    for (const { name } of ours)
      table.push([
        `${name} is`,
        ...all.map((each) => (each.name === name ? '' : formatRatio(each.over[name]!))),
      ]);
  }
  return {
    title: `${comparison.title}, microseconds a sample; below: how many times faster ours is`,
    table,
    rows,
    ...(convnetPeers.length === 0 && {
      note: 'For other engines in the same run: npm ci --prefix bench/peers',
    }),
  };
}
