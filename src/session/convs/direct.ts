/** Convolution without unrolled windows: one offset for each weight into the image, runs of outputs in lanes. */
import { outputPoints, type PointPlan, type Together } from '../../layers/points.js';
import { columnOffsets, layoutOf } from '../../layers/windows.js';
import type { Block } from '../../runtime/block.js';
import type { Engine } from '../../runtime/engine.js';
import type { ConvolutionOp } from '../ops.js';
import { biasBlock } from '../products/entries.js';
import type { Product } from '../products/product.js';
import { allEntries, liveEntries } from './entries.js';
import { groupsOf, type Image, imageOf, listBlock, pixelsOf } from './image.js';

/** Nanoseconds of one weight and eight floats of outputs, and of one filter and eight floats; more where groups are apart. */
const PER_ENTRY = 0.6;
const PER_ROW = 1.3;
const PER_GROUPED_ROW = 4;
/** Nanoseconds of going on, in another part of the columns, from what eight floats of a filter hold. */
const PER_PART = 1.7;
/** Bytes of first-level cache that the inputs of four points may take, and how many more make each twice as dear. */
const CACHE_BYTES = 16_000;
const TWICE_BYTES = 75_000;
const MOST_PARTS = 16;
/** Floats of a point, and of four together. */
const POINT = 8;
const FOUR = 32;

/** Points of eight floats that the outputs of one filter are cut into. */
export function pointsOf({ geometry: { outHeight, outWidth } }: ConvolutionOp, lanes: number): number {
  return outHeight * Math.ceil((outWidth * lanes) / POINT);
}

/** Nanoseconds of eight floats of the outputs of all filters, when inputs come from first-level cache. */
export function pointCost({ weight, groups }: ConvolutionOp, weights: number, perEntry = PER_ENTRY): number {
  return weights * perEntry + weight.rows * (groups > 1 ? PER_GROUPED_ROW : PER_ROW);
}

/** Bytes of the inputs that four points of one filter may read. */
function windowBytes(op: ConvolutionOp, lanes: number): number {
  const { kernelHeight, kernelWidth } = op.geometry;
  const pixels = Math.max(1, FOUR / lanes) + kernelWidth - 1;
  return groupsOf(op).channels * kernelHeight * pixels * lanes * 4;
}

/** How much more a tile takes where the four points of all loops lie in different rows. */
const APART = 0.15;

/** How much dearer one tile is for that: where rows are shorter than four points, and for what they leave over. */
export function apartness({ geometry }: ConvolutionOp, lanes: number): number {
  const floats = layoutOf(geometry, lanes).geometry.outWidth * lanes;
  const points = Math.ceil(floats / POINT);
  return 1 + (APART * (points % 4)) / points;
}

/** How much dearer inputs are that do not fit first-level cache. */
const farness = (bytes: number) => 1 + Math.max(0, bytes - CACHE_BYTES) / TWICE_BYTES;

/** Estimated nanoseconds of one tile for that many weights. */
export function directCost(op: ConvolutionOp, lanes: number, weights: number, perEntry = PER_ENTRY): number {
  return pointsOf(op, lanes) * pointCost(op, weights, perEntry) * farness(windowBytes(op, lanes)) + 60;
}

/** Estimated nanoseconds of one tile when the nonzeros are cut into parts of the channels. */
const partsCost = (op: ConvolutionOp, lanes: number, parts: number): number =>
  pointsOf(op, lanes) *
    (op.weight.nnz * PER_ENTRY * farness(windowBytes(op, lanes) / parts) +
      op.weight.rows * (PER_ROW + (parts - 1) * PER_PART)) +
  60;

/** Parts of the channels that nonzeros are best cut into, so that what a part reads around four points stays in first-level cache. */
function bestParts(op: ConvolutionOp, lanes: number): number {
  const most = op.groups > 1 ? 1 : Math.min(MOST_PARTS, op.geometry.channels);
  let best = 1;
  for (let parts = 2; parts <= most; parts++) {
    if (partsCost(op, lanes, parts) < partsCost(op, lanes, best)) best = parts;
  }
  return best;
}

/** Estimated nanoseconds of one tile for the nonzeros alone. */
export const liveCost = (op: ConvolutionOp, lanes: number): number =>
  op.groups > 1 ? directCost(op, lanes, op.weight.nnz) : partsCost(op, lanes, bestParts(op, lanes));

/** Outputs in points, written where they belong or, from rows too narrow for a point, into room of their own first. */
export interface Outputs {
  readonly plan: PointPlan;
  readonly points: number;
  readonly blocks: readonly Block[];
  /** Where kernels are to write the tile at y. */
  at(y: number): number;
  /** Brings what they wrote to y. */
  finish(y: number): void;
}

/** The outputs of a convolution, in points of which a kernel takes some together. */
export function outputsOf(
  engine: Engine,
  { weight, geometry }: ConvolutionOp,
  image: Image,
  together: Together = 4,
): Outputs {
  const plan = outputPoints(image.layout, together);
  const points = listBlock(engine, plan.points);
  const { rows } = weight;
  const { pitch, plane } = plan;
  if (pitch === null) {
    return { plan, points: points.address, blocks: [points], at: (y) => y, finish: () => {} };
  }
  const room = engine.memory.allocate(rows * plane * 4, false);
  const { outHeight, outWidth } = geometry;
  const { lanes } = image.layout;
  const finish = (y: number) =>
    engine.kernels.conv_crop_f32(y, room.address, rows, outHeight, outWidth * lanes, pitch);
  return { plan, points: points.address, blocks: [points, room], at: () => room.address, finish };
}

/** Nonzeros only, or all weights: for convolutions whose groups are narrow. */
export function compileDirect(
  engine: Engine,
  op: ConvolutionOp,
  lanes: number,
  which: 'live' | 'all',
): Product {
  const { kernels } = engine;
  const { weight, bias, low } = op;
  const image = imageOf(engine, op, lanes);
  const outputs = outputsOf(engine, op, image);
  const offset = biasBlock(engine, bias, weight.rows);
  const { groups, rows: together, channels } = groupsOf(op);
  const offsets = columnOffsets(image.layout, channels);
  const groupBytes = channels * image.layout.channelBytes;
  const place = (row: number, col: number) => Math.floor(row / together) * groupBytes + offsets[col]!;
  const partChannels = Math.ceil(channels / (which === 'all' ? 1 : bestParts(op, lanes)));
  const partCols = partChannels * (weight.cols / channels);
  const parts = Math.ceil(channels / partChannels);
  const { entries, ends, count } =
    which === 'all' ? allEntries(engine, weight, place) : liveEntries(engine, weight, place, partCols);
  const [e, n, b] = [entries.address, ends.address, offset.address];
  const { points, plan } = outputs;
  const { groups: fours, ones, plane } = plan;
  const { rows } = weight;
  const floats = rows * image.layout.plane;
  const multiply =
    groups === 1
      ? (x: number, y: number) =>
          kernels.conv_csr_f32(y, e, n, b, x, points, fours, ones, rows, plane, parts, low)
      : (x: number, y: number) =>
          kernels.conv_csr_groups_f32(y, e, n, b, x, points, fours, ones, rows, together, plane, low);
  return {
    kernel: groups === 1 ? 'conv_csr_f32' : 'conv_csr_groups_f32',
    bytes: count * 8 + rows * 4,
    multiplyAdds: count * pixelsOf(op),
    blocks: [...image.blocks, ...outputs.blocks, offset, entries, ends],
    run(x, y, tiles) {
      for (let t = 0; t < tiles; t++) {
        const to = y + t * floats * 4;
        multiply(image.bring(x + t * image.floats * 4), outputs.at(to));
        outputs.finish(to);
      }
    },
  };
}
