/** Training a convolutional network by Adam beside other engines: samples a second. */
import { formatCount, formatRatio } from '../../src/report/index.js';
import { type Case, interleave, ratio } from '../interleave.js';
import type { Effort, Section } from '../section.js';
import {
  type ConvnetTrainerEntry,
  convnetTrainers,
  crossEntropy,
  forwardConvnet,
  inLayoutOf,
  type PeerConvnet,
} from './peers.js';

/** A batch: samples [n, c, h, w] and their classes. */
export interface TrainingBatch {
  readonly x: Float32Array;
  readonly y: Int32Array;
}

/** One of our ways to train. */
export interface OwnTrainer {
  readonly name: string;
  /** What it starts from, if not the network of the comparison: the same one pruned. */
  readonly network?: PeerConvnet;
  /** One step on a batch; gives the loss before its update. */
  step(x: Float32Array, y: Int32Array): number;
}

/** What to compare. */
export interface TrainingComparison {
  readonly title: string;
  /** Where all start. */
  readonly network: PeerConvnet;
  /** All of one size; taken in turn. */
  readonly batches: readonly TrainingBatch[];
  readonly learningRate: number;
  readonly ours: readonly OwnTrainer[];
  readonly trainers?: readonly ConvnetTrainerEntry[];
}

/** One engine. */
export interface TrainerRow {
  readonly name: string;
  readonly samplesPerSecond: number;
  /** How many times faster each of ours is, by its name; from the same rounds. */
  readonly over: Readonly<Record<string, number>>;
}

/** Steps through the batches; the first loss must be the twin's, and the last one smaller. */
class Steps {
  readonly case: Case;
  private next = 0;
  private first = Number.NaN;
  private last = Number.NaN;

  constructor(
    readonly name: string,
    private readonly batches: readonly TrainingBatch[],
    step: (x: Float32Array, y: Int32Array) => number | Promise<number>,
  ) {
    const run = async (times: number) => {
      for (let i = 0; i < times; i++) {
        const { x, y } = batches[this.next++ % batches.length]!;
        const loss = step(x, y);
        this.last = typeof loss === 'number' ? loss : await loss;
        if (this.next === 1) this.first = this.last;
      }
    };
    this.case = { name, run };
  }

  /** Call after measuring. `twin` is the loss of the start on the first batch. */
  check(twin: number): void {
    if (!(Math.abs(this.first - twin) <= 1e-3 * Math.max(1, twin)))
      throw new Error(`${this.name}: first loss must be ${twin}, got ${this.first}`);
    if (this.next > this.batches.length && !(this.last < this.first))
      throw new Error(`${this.name}: the loss must fall from ${this.first}, got ${this.last}`);
  }
}

function firstLoss(network: PeerConvnet, { x, y }: TrainingBatch): number {
  return crossEntropy(forwardConvnet(network, x, y.length), y).loss;
}

/** Samples a second of every engine, one thread; ratios come from the same rounds. */
export async function compareTrainers(
  comparison: TrainingComparison,
  effort: Effort,
): Promise<Section<TrainerRow>> {
  const { network, batches, learningRate, ours, trainers = convnetTrainers } = comparison;
  const batchSize = batches[0]!.y.length;
  const steps = ours.map((own) => new Steps(own.name, batches, own.step.bind(own)));
  const peers = [];
  for (const entry of trainers) {
    const peer = await entry.create(network, { batchSize, learningRate });
    peers.push(peer);
    const converted = batches.map(({ x, y }) => ({ x: inLayoutOf(peer, x, network), y }));
    steps.push(new Steps(`${peer.name} ${peer.version}`, converted, peer.step.bind(peer)));
  }
  const timings = await interleave(
    steps.map((each) => each.case),
    effort,
  );
  for (const peer of peers) await peer.dispose();
  const twin = firstLoss(network, batches[0]!);
  for (const [i, each] of steps.entries()) {
    const start = ours[i]?.network;
    each.check(start ? firstLoss(start, batches[0]!) : twin);
  }
  const rows = timings.map((timing) => ({
    name: timing.name,
    samplesPerSecond: (batchSize * 1e6) / timing.micros,
    over: Object.fromEntries(ours.map(({ name }, i) => [name, ratio(timing, timings[i]!)])),
  }));
  return {
    title: `${comparison.title}, Adam, batch ${batchSize}`,
    table: [
      ['engine', 'samples/s', ...ours.map(({ name }) => `${name} over it`)],
      ...rows.map(({ name, samplesPerSecond, over }) => [
        name,
        formatCount(Math.round(samplesPerSecond)),
        ...ours.map((own) => formatRatio(over[own.name]!)),
      ]),
    ],
    rows,
  };
}
