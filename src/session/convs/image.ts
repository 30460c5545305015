/** Images as windows read them, and what goes with the weight of a convolution. */
import { pointSlack } from '../../layers/points.js';
import { layoutOf, stageArguments, type WindowLayout } from '../../layers/windows.js';
import type { Block } from '../../runtime/block.js';
import type { Engine } from '../../runtime/engine.js';
import type { ConvolutionOp } from '../ops.js';

/** Filters and channels of one group. */
export interface GroupSizes {
  readonly groups: number;
  readonly rows: number;
  readonly channels: number;
  readonly area: number;
}

/** How a weight is cut into groups. */
export function groupsOf({ weight, geometry, groups }: ConvolutionOp): GroupSizes {
  const area = geometry.kernelHeight * geometry.kernelWidth;
  return { groups, rows: weight.rows / groups, channels: geometry.channels / groups, area };
}

/** Pixels of the output of one filter. */
export const pixelsOf = ({ geometry }: ConvolutionOp) => geometry.outHeight * geometry.outWidth;

/** Tiles of images, brought into the form that windows read. */
export interface Image {
  readonly layout: WindowLayout;
  readonly blocks: readonly Block[];
  /** Floats of one tile as it comes. */
  readonly floats: number;
  /** The tile at x as windows read it: itself, or a copy with zeros around. */
  bring(x: number): number;
}

/** Room for one staged tile, where there has to be one. */
export function imageOf({ memory, kernels }: Engine, { geometry }: ConvolutionOp, lanes: number): Image {
  const layout = layoutOf(geometry, lanes);
  const { channels, height, width } = geometry;
  const floats = channels * height * width * lanes;
  if (!layout.staged) return { layout, blocks: [], floats, bring: (x) => x };
  const block = memory.allocate(channels * layout.channelBytes + pointSlack);
  const { address } = block;
  const args = stageArguments(layout);
  const bring = (x: number) => {
    kernels.conv_stage_f32(address, x, ...args);
    return address;
  };
  return { layout, blocks: [block], floats, bring };
}

/** A list of whole numbers in WebAssembly memory. */
export function listBlock({ memory }: Engine, list: Uint32Array): Block {
  const block = memory.allocate(Math.max(4, list.byteLength), false);
  block.u32(list.length).set(list);
  return block;
}
