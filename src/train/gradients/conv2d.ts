import { forward, forwardScratch, writeLists } from '../convolution/forward.js';
import { inputGradient, inputGradientRoom } from '../convolution/inputGradient.js';
import { planOf, windowsOf } from '../convolution/plan.js';
import type { Gradient } from './gradient.js';

/** dW = dy · x over windows, db = sum of dy, dx = W^T · dy; images in tiles of eight samples or more, weights dense. */
export const conv2dGradient: Gradient = {
  inPlace: false,
  keptBytes: (shape, spec) => planOf(shape, spec).at.end,
  scratchBytes(shape, spec) {
    const plan = planOf(shape, spec);
    return Math.max(forwardScratch(plan), inputGradientRoom(plan).bytes);
  },
  prepare: (shape, spec, kept) => writeLists(planOf(shape, spec), kept),
  forward: (call, spec) => forward(call, planOf(call, spec)),
  backward(call, spec) {
    const plan = planOf(call, spec);
    const { layout, groups, rows, cols, xGroup, xTile, yGroup, yTile, at } = plan;
    const { train, dy, kept, lanes, tiles } = call;
    const [dw = 0, db = 0] = call.gradients;
    const { outHeight, outWidth, strideWidth } = layout.geometry;
    const pixels = strideWidth === 1 ? outWidth : 1; // of a run
    for (let g = 0; g < groups; g++) {
      train.conv_weight_grad_f32(
        dw + g * rows * cols * 4,
        dy + g * yGroup,
        windowsOf(call, plan) + g * xGroup,
        kept + at.offsets,
        kept + at.runs,
        rows,
        cols,
        (outHeight * outWidth) / pixels,
        pixels * lanes,
        layout.plane,
        xTile,
        yTile,
        tiles,
      );
    }
    if (db) train.row_sums_f32(db, dy, rows * groups, layout.plane, tiles);
    if (call.dx) inputGradient(call, plan);
  },
};
