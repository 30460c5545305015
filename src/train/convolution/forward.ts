/** Forward pass of a convolution while training: weights are packed, or listed, anew in each step. */
import { outputPoints } from '../../layers/points.js';
import {
  columnOffsets,
  outputPanels,
  outputRuns,
  pixelPanels,
  stageArguments,
} from '../../layers/windows.js';
import type { Block } from '../../runtime/block.js';
import type { TrainingCall } from '../gradients/gradient.js';
import { chunkOf, type Plan } from './plan.js';
import { sparseForward } from './sparse.js';

/** Bytes of packed weights and panels of windows. */
export function forwardScratch({ rows, cols, panels, packedBytes, groups, direct, sparse }: Plan): number {
  return direct || sparse ? 0 : packedBytes * groups + chunkOf(cols, panels) * cols * 32 + rows * 32;
}

/** Writes the lists that all passes read. */
export function writeLists({ layout, groups, rows, cols, xGroup, direct, at }: Plan, block: Block): void {
  const put = (list: Uint32Array, offset: number) => block.u32(list.length, offset / 4).set(list);
  const { kernelHeight, kernelWidth } = layout.geometry;
  const offsets = columnOffsets(layout, cols / (kernelHeight * kernelWidth));
  put(offsets, at.offsets);
  put(outputPanels(layout), at.panels);
  put(outputRuns(layout).runs, at.runs);
  put(pixelPanels(layout), at.pixels);
  if (!direct) return;
  put(outputPoints(layout).points, at.points);
  const entries = block.u32(rows * groups * cols * 2, at.entries / 4);
  const ends = block.u32(rows * groups, at.ends / 4);
  for (let row = 0, next = 0; row < rows * groups; row++) {
    for (const offset of offsets) entries[2 * next++] = Math.floor(row / rows) * xGroup + offset;
    ends[row] = next * 8;
  }
}

/** Values of all weights beside their offsets. */
function listWeights({ memory, kept, parameters }: TrainingCall, { at }: Plan): void {
  const { address, length } = parameters[0]!;
  const floats = memory.f32;
  const [from, to] = [address / 4, (kept + at.entries) / 4 + 1];
  for (let i = 0; i < length; i++) floats[to + 2 * i] = floats[from + i]!;
}

function packWeights({ kernels, scratch, parameters }: TrainingCall, plan: Plan): void {
  const { groups, rows, cols, packedBytes } = plan;
  for (let g = 0; g < groups; g++) {
    const from = parameters[0]!.address + g * rows * cols * 4;
    kernels.gemm_pack_f32(scratch + g * packedBytes, from, rows, cols);
  }
}

/** One tile, by entries: all groups at once. */
function direct(
  { kernels, kept }: TrainingCall,
  { layout, rows, groups, at }: Plan,
  y: number,
  bias: number,
  x: number,
) {
  const { fours, ones } = outputCounts(layout.plane);
  const [entries, ends, points] = [kept + at.entries, kept + at.ends, kept + at.points];
  const all = rows * groups;
  const { plane } = layout;
  kernels.conv_csr_groups_f32(y, entries, ends, bias, x, points, fours, ones, all, rows, plane, -Infinity);
}

/** Points of a plane whose pixels hold eight samples or more. */
const outputCounts = (plane: number) => ({ fours: Math.floor(plane / 32), ones: (plane / 8) % 4 });

/** One tile, by unrolled windows, group by group. */
function dense(
  { kernels, kept, scratch }: TrainingCall,
  plan: Plan,
  y: number,
  bias: number,
  x: number,
): void {
  const { layout, groups, rows, cols, panels, xGroup, yGroup, packedBytes, at } = plan;
  const work = scratch + groups * packedBytes;
  for (let g = 0; g < groups; g++) {
    kernels.conv_dense_f32(
      y + g * yGroup,
      scratch + g * packedBytes,
      bias + g * rows * 4,
      x + g * xGroup,
      kept + at.panels,
      kept + at.offsets,
      work,
      rows,
      cols,
      layout.plane,
      panels,
      chunkOf(cols, panels),
      -Infinity,
    );
  }
}

/** y = W * x + b; leaves the staged images behind for the backward pass. */
export function forward(call: TrainingCall, plan: Plan): void {
  const { kernels, kept, inputs, lanes, tiles, y, parameters } = call;
  const { layout, xTile, yTile, at } = plan;
  const bias = parameters[1]?.address ?? kept + at.zeros;
  if (plan.direct) listWeights(call, plan);
  else if (!plan.sparse) packWeights(call, plan);
  const multiply = plan.sparse ? sparseForward : plan.direct ? direct : dense;
  for (let t = 0; t < tiles; t++) {
    let x = call.x + t * inputs * lanes * 4;
    if (layout.staged) {
      const staged = kept + at.staged + t * xTile;
      kernels.conv_stage_f32(staged, x, ...stageArguments(layout));
      x = staged;
    }
    multiply(call, plan, y + t * yTile, bias, x);
  }
}
