/** Channels of images that cannot change the outputs: no weight reads them, or they are zero whatever comes in. */
import { runOnConstants } from '../../graph/pointwise.js';
import type { Engine } from '../../runtime/engine.js';
import type { Shape } from '../../tensor/shape.js';
import { upTo } from '../csr.js';
import type { AffineOp, ConvolutionOp, ElementwiseOp, Op, ProductOp, ResampleOp } from '../ops.js';
import { withoutWeights } from './fold.js';
import { columnsRead, gather, isFull, marks, placesIn, splitRows } from './zeros.js';

type Carrier = ElementwiseOp | ResampleOp | AffineOp;

/** The channels between the convolution that makes them and the one weight that reads them. */
export interface ChannelLink {
  /** Numbers of the operations; those between hand channels on. */
  readonly maker: number;
  readonly reader: number;
  readonly channels: number;
  /** Columns of a channel in the reader's weight. */
  readonly run: number;
  /** Channels that stay, ascending; shrinks. */
  live: Uint32Array;
}

/** True for what works channel by channel. */
function carries(op: Op, channels: number): op is Carrier {
  if (op.kind === 'affine') return op.affine.scale.length === channels;
  return op.kind === 'resample' || (op.kind === 'elementwise' && op.node.type.couplesUnits !== true);
}

const readsAll = (op: Op | undefined): op is ProductOp | ConvolutionOp =>
  op?.kind === 'product' || (op?.kind === 'convolution' && op.groups === 1);

/** All links of operations: of convolutions in one group, whose outputs nothing reads but the next weight. */
export function channelLinks(ops: readonly Op[]): ChannelLink[] {
  const readers = ops.map(() => 0);
  for (const { from } of ops) for (const at of from) if (at >= 0) readers[at]!++;
  const follows = (i: number) =>
    ops[i]?.from.length === 1 && ops[i].from[0] === i - 1 && readers[i - 1] === 1;
  return ops.flatMap((op, maker): ChannelLink[] => {
    if (op.kind !== 'convolution' || op.groups !== 1) return [];
    const channels = op.weight.rows;
    let i = maker + 1;
    while (follows(i) && carries(ops[i]!, channels)) i++;
    const reader = ops[i];
    if (!follows(i) || !readsAll(reader)) return [];
    return [{ maker, reader: i, channels, run: reader.weight.cols / channels, live: upTo(channels) }];
  });
}

/** Columns of the channels of a link that stay. */
const columnsOf = ({ live, run }: ChannelLink) =>
  Uint32Array.from({ length: live.length * run }, (_, i) => live[Math.floor(i / run)]! * run + (i % run));

/** Back to front: what only channels read that went is unread as well. No shape may be 0: one channel stays. */
export function dropUnreadChannels(engine: Engine, ops: readonly Op[], links: readonly ChannelLink[]): void {
  for (const link of [...links].reverse()) {
    const { weight } = ops[link.reader] as ProductOp | ConvolutionOp;
    if (isFull(weight)) continue;
    const rows = links.find(({ maker }) => maker === link.reader)?.live ?? upTo(weight.rows);
    const read = columnsRead(engine, { weight, rows, cols: upTo(weight.cols) });
    const seen = marks(
      read.map((col) => Math.floor(col / link.run)),
      link.channels,
    );
    const live = link.live.filter((channel) => seen[channel] === 1);
    link.live = live.length > 0 ? live : Uint32Array.of(0);
  }
}

/** What an operation between two weights makes of channels that have one value each, in the engine's own bits. */
function carried(engine: Engine, op: Carrier, channels: Uint32Array, values: Float32Array): Float32Array {
  if (op.kind !== 'affine') return runOnConstants(engine, op.node, values);
  const { memory, kernels } = engine;
  const n = values.length;
  const block = memory.allocate(n * 12);
  try {
    const [scale, shift] = [block.address + n * 4, block.address + n * 8];
    block.f32(n).set(values);
    block.f32(n, n).set(Float64Array.from(channels, (channel) => op.affine.scale[channel]!));
    block.f32(n, 2 * n).set(Float64Array.from(channels, (channel) => op.affine.shift[channel]!));
    kernels.affine_f32(block.address, block.address, scale, shift, n, 1, 1, op.low);
    return block.f32(n).slice();
  } finally {
    block.free();
  }
}

/**
 * Front to back: filters without a weight whose output is 0 when it is read. Other constants stay: they do not reach all pixels
 * alike where there are zeros around an image, and a bias would take their term out of its place in the sum.
 */
export function dropZeroChannels(engine: Engine, ops: readonly Op[], links: readonly ChannelLink[]): void {
  for (const link of links) {
    const maker = ops[link.maker] as ConvolutionOp;
    const reader = ops[link.reader] as ProductOp | ConvolutionOp;
    if (isFull(maker.weight) || !reader.weight.finite) continue; // an infinity times 0 is no 0
    const before = links.find(({ reader: at }) => at === link.maker);
    const cols = before ? columnsOf(before) : upTo(maker.weight.cols);
    const { zero } = splitRows({ weight: maker.weight, rows: link.live, cols });
    if (zero.length === 0) continue;
    let values = withoutWeights(zero, maker.bias, maker.low);
    for (const op of ops.slice(link.maker + 1, link.reader) as Carrier[]) {
      values = carried(engine, op, zero, values);
    }
    const gone = marks(
      zero.filter((_, i) => values[i] === 0),
      link.channels,
    );
    const live = link.live.filter((channel) => gone[channel] === 0);
    link.live = live.length > 0 ? live : link.live.slice(0, 1);
  }
}

const fewer = ([first, ...rest]: Shape, { live, channels }: ChannelLink): Shape => [
  (first! * live.length) / channels,
  ...rest,
];

/** An operation that hands on fewer channels. */
function carryingFewer(op: Carrier, link: ChannelLink): Carrier {
  const { node } = op;
  const inputShape = fewer(node.inputShape, link);
  const smaller = { ...node, inputShape, outputShape: fewer(node.outputShape, link) };
  if (op.kind === 'elementwise')
    return { ...op, node: smaller, size: (op.size * link.live.length) / link.channels };
  if (op.kind === 'resample') return { ...op, node: smaller };
  const of = (values: Float64Array) => Float64Array.from(link.live, (channel) => values[channel]!);
  return { ...op, node: smaller, affine: { scale: of(op.affine.scale), shift: of(op.affine.shift) } };
}

function making({ weight, bias, node, ...op }: ConvolutionOp, link: ChannelLink): ConvolutionOp {
  const { live } = link;
  return {
    ...op,
    node: { ...node, outputShape: fewer(node.outputShape, link) },
    weight: weight.part(live, upTo(weight.cols), weight.cols),
    bias: bias && gather(bias, live),
  };
}

function reading(op: ProductOp | ConvolutionOp, link: ChannelLink): ProductOp | ConvolutionOp {
  const cols = columnsOf(link);
  const weight = op.weight.moved(placesIn(cols, op.weight.cols), cols.length);
  if (op.kind === 'product') return { ...op, weight };
  const node = { ...op.node, inputShape: fewer(op.node.inputShape, link) };
  return { ...op, node, weight, geometry: { ...op.geometry, channels: link.live.length } };
}

/** The operations without the channels that went; those that did not change are the ones given. */
export function withoutChannels(ops: readonly Op[], links: readonly ChannelLink[]): Op[] {
  const left = [...ops];
  for (const link of links) {
    if (link.live.length === link.channels) continue;
    left[link.maker] = making(left[link.maker] as ConvolutionOp, link);
    left[link.reader] = reading(left[link.reader] as ProductOp | ConvolutionOp, link);
    for (let i = link.maker + 1; i < link.reader; i++) left[i] = carryingFewer(left[i] as Carrier, link);
  }
  return left;
}
