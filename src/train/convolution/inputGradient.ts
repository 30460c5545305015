/** Gradient of the inputs of a convolution: columns of windows, added where they belong. */
import type { TrainingCall } from '../gradients/gradient.js';
import { align, chunkOf, type Plan } from './plan.js';

/** Weights transposed and packed, panels of dy, columns of dx, and dx with zeros around. */
export function inputGradientRoom({ rows, cols, panels, xTile, layout }: Plan) {
  const chunk = chunkOf(rows, panels);
  const packed = align(Math.ceil(cols / 5) * Math.min(cols, 5) * rows * 4);
  const work = align((chunk * rows + cols) * 32);
  return { chunk, packed, work, bytes: packed + work + (layout.staged ? xTile : 0) };
}

/** dx = sum over the filters of W and dy, placed as the windows lie. */
export function inputGradient(call: TrainingCall, plan: Plan): void {
  const { memory, train, dx, dy, kept, scratch, inputs, lanes, tiles, parameters } = call;
  const { layout, groups, rows, cols, panels, xGroup, yGroup, yTile, at } = plan;
  const { chunk, packed, work } = inputGradientRoom(plan);
  for (let g = 0; g < groups; g++) {
    train.conv_pack_transposed_f32(scratch, parameters[0]!.address + g * rows * cols * 4, rows, cols);
    for (let t = 0; t < tiles; t++) {
      const image = dx + t * inputs * lanes * 4;
      const to = (layout.staged ? scratch + packed + work : image) + g * (layout.staged ? 0 : xGroup);
      memory.f32.fill(0, to / 4, (to + xGroup) / 4);
      const from = dy + t * yTile + g * yGroup;
      train.conv_input_grad_f32(
        to,
        scratch,
        from,
        kept + at.offsets,
        kept + at.pixels,
        scratch + packed,
        rows,
        cols,
        panels,
        layout.plane,
        chunk,
      );
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
