/** Gradient of the weights of a convolution. */
import type { LayerSpec } from '../../layers/layer.js';
import type { TrainingCall } from '../gradients/gradient.js';
import { type Plan, planOf, windowsOf } from './plan.js';
import { sparseWeightGradient } from './sparse.js';

/** Gradients of `count` filters from `first` on, all within one group, as dense rows at dw. */
function denseRows(call: TrainingCall, plan: Plan, dw: number, first: number, count: number): void {
  const { layout, rows, cols, runs, xGroup, xTile, yTile, at } = plan;
  call.train.conv_weight_grad_f32(
    dw,
    call.dy + first * layout.plane * 4,
    windowsOf(call, plan) + Math.floor(first / rows) * xGroup,
    call.kept + at.offsets,
    call.kept + at.runs,
    count,
    cols,
    runs.count,
    runs.floats,
    layout.plane,
    xTile,
    yTile,
    call.tiles,
  );
}

/** dw = dy · x over windows, in the layout of the stored values. */
export function weightGradient(call: TrainingCall, plan: Plan): void {
  const dw = call.gradients[0] ?? 0;
  const { groups, rows, cols, sparse } = plan;
  if (sparse) {
    sparseWeightGradient(call, plan, dw);
    return;
  }
  for (let g = 0; g < groups; g++) denseRows(call, plan, dw + g * rows * cols * 4, g * rows, rows);
}

/**
 * Gradients of `count` filters from `first` on, absent weights included, as dense rows at dw: of a convolution of one group in
 * a backward pass, whatever the storage of its weight.
 */
export function filterGradients(
  call: TrainingCall,
  spec: LayerSpec,
  dw: number,
  first: number,
  count: number,
): void {
  denseRows(call, planOf(call, spec), dw, first, count);
}
