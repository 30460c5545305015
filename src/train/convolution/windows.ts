/** The windows of a convolution as others see them. */
import type { LayerSpec } from '../../layers/layer.js';
import type { TrainingCall } from '../gradients/gradient.js';
import { planOf, windowsOf } from './plan.js';

/** Where the windows of one group lie once a forward pass has been; numbers are byte addresses and sizes in bytes. */
export interface ConvWindows {
  readonly groups: number;
  /** Values of a window. */
  readonly cols: number;
  /** Windows of one sample. */
  readonly count: number;
  /** Inputs of the first group and tile; from one tile and group to the next. */
  readonly x: number;
  readonly tileBytes: number;
  readonly groupBytes: number;
  /** u32 lists: offsets of the values of a window, and of windows, which stand `step` bytes apart. */
  readonly offsets: number;
  readonly bases: number;
  readonly step: number;
}

/** The windows of a convolution, for those that look at its inputs. */
export function convWindows(call: TrainingCall, spec: LayerSpec): ConvWindows {
  const plan = planOf(call, spec);
  const { groups, cols, xTile, xGroup, layout, at } = plan;
  return {
    groups,
    cols,
    count: layout.plane / call.lanes,
    x: windowsOf(call, plan),
    tileBytes: xTile,
    groupBytes: xGroup,
    offsets: call.kept + at.offsets,
    bases: call.kept + at.pixels,
    step: call.lanes, // a record of 8 bytes for every eight lanes
  };
}
