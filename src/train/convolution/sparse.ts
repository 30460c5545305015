/** The three products of a convolution whose weight is stored as compressed sparse rows: nonzeros only, one group. */
import type { SparseStorage } from '../../tensor/formats/index.js';
import type { TrainingCall } from '../gradients/gradient.js';
import { chunkOf, type Plan, windowsOf } from './plan.js';

function structureOf({ parameters }: TrainingCall) {
  const weight = parameters[0]!;
  const { rowPtr, colIdx } = (weight.storage as SparseStorage).structure;
  return { values: weight.address, rowPtr, colIdx };
}

/** Panels that all weights are read for at a time: as many as there is cache for, or four. */
function togetherOf({ cols, panels }: Plan): number {
  return Math.max(4, chunkOf(cols, panels) & ~3);
}

/** y = W * x + b for one tile. */
export function sparseForward(call: TrainingCall, plan: Plan, y: number, bias: number, x: number): void {
  const { values, rowPtr, colIdx } = structureOf(call);
  const { rows, panels, at } = plan;
  const [offsets, pixels] = [call.kept + at.offsets, call.kept + at.pixels];
  call.train.conv_nn_csr_f32(
    y,
    values,
    colIdx,
    rowPtr,
    bias,
    x,
    offsets,
    pixels,
    panels,
    rows,
    togetherOf(plan),
  );
}

/** dw at the weights that are live. */
export function sparseWeightGradient(call: TrainingCall, plan: Plan, dw: number): void {
  const { rowPtr, colIdx } = structureOf(call);
  const { rows, runs, layout, xTile, yTile, at } = plan;
  call.train.conv_sddmm_csr_f32(
    dw,
    colIdx,
    rowPtr,
    call.dy,
    windowsOf(call, plan),
    call.kept + at.offsets,
    call.kept + at.runs,
    rows,
    runs.count,
    runs.floats,
    layout.plane,
    xTile,
    yTile,
    call.tiles,
  );
}

/** Adds W^T · dy of one tile to dx, where windows lie. */
export function sparseInputGradient(call: TrainingCall, plan: Plan, dx: number, dy: number): void {
  const { values, rowPtr, colIdx } = structureOf(call);
  const { rows, panels, at } = plan;
  const [offsets, pixels] = [call.kept + at.offsets, call.kept + at.pixels];
  call.train.conv_tn_csr_f32(dx, values, colIdx, rowPtr, dy, offsets, pixels, panels, rows, togetherOf(plan));
}
