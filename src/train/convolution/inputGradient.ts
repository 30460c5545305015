/** Gradient of the inputs of a convolution: columns of windows, added where they belong. */
import type { TrainingCall } from '../gradients/gradient.js';
import { align, chunkOf, type Plan } from './plan.js';
import { sparseInputGradient } from './sparse.js';

/** Weights transposed and packed, panels of dy, columns of dx, and dx with zeros around. */
export function inputGradientRoom({ rows, cols, panels, xTile, layout, sparse }: Plan) {
  const chunk = chunkOf(rows, panels);
  const packed = sparse ? 0 : align(Math.ceil(cols / 5) * Math.min(cols, 5) * rows * 4);
  const work = sparse ? 0 : align((chunk * rows + cols) * 32);
  return { chunk, packed, work, bytes: packed + work + (layout.staged ? xTile : 0) };
}

type Room = ReturnType<typeof inputGradientRoom>;

/** Adds columns of one tile and group, from weights packed in scratch. */
function addColumns(call: TrainingCall, plan: Plan, { chunk, packed }: Room, dx: number, dy: number): void {
  const { kept, scratch } = call;
  const { rows, cols, panels, layout, at } = plan;
  const [offsets, pixels] = [kept + at.offsets, kept + at.pixels];
  const work = scratch + packed;
  const { plane } = layout;
  call.train.conv_input_grad_f32(dx, scratch, dy, offsets, pixels, work, rows, cols, panels, plane, chunk);
}

/** dx = sum over the filters of W and dy, placed as the windows lie. */
export function inputGradient(call: TrainingCall, plan: Plan): void {
  const { memory, train, dx, dy, scratch, inputs, lanes, tiles, parameters } = call;
  const { layout, groups, rows, cols, xGroup, yGroup, yTile, sparse } = plan;
  const room = inputGradientRoom(plan);
  for (let g = 0; g < groups; g++) {
    if (!sparse) {
      train.conv_pack_transposed_f32(scratch, parameters[0]!.address + g * rows * cols * 4, rows, cols);
    }
    for (let t = 0; t < tiles; t++) {
      const image = dx + t * inputs * lanes * 4;
      const to =
        (layout.staged ? scratch + room.packed + room.work : image) + g * (layout.staged ? 0 : xGroup);
      memory.f32.fill(0, to / 4, (to + xGroup) / 4);
      const from = dy + t * yTile + g * yGroup;
      if (sparse) sparseInputGradient(call, plan, to, from);
      else addColumns(call, plan, room, to, from);
      if (layout.staged) unstage(call, plan, image + (g * inputs * lanes * 4) / groups, to);
    }
  }
}

/** The interior of the staged channels of a group. */
function unstage({ train, lanes }: TrainingCall, { layout, groups }: Plan, to: number, from: number): void {
  const { channels, height, width, top, left } = layout.geometry;
  const { stagedHeight, stagedWidth } = layout;
  const sizes = [channels / groups, height, width, lanes, top, left, stagedHeight, stagedWidth] as const;
  train.conv_unstage_f32(to, from, ...sizes);
}
