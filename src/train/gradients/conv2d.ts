import { forward, forwardScratch, writeLists } from '../convolution/forward.js';
import { inputGradient, inputGradientRoom } from '../convolution/inputGradient.js';
import { planOf } from '../convolution/plan.js';
import { weightGradient } from '../convolution/weightGradient.js';
import type { Gradient } from './gradient.js';

/** dW = dy · x over windows, db = sum of dy, dx = W^T · dy; images in tiles of eight samples or more. */
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
    const { train, dy, tiles, parameters } = call;
    weightGradient(call, plan);
    const db = call.gradients[1];
    if (db) train.row_sums_f32(db, dy, parameters[0]!.rows, plan.layout.plane, tiles);
    if (call.dx) inputGradient(call, plan);
  },
};
