/** How a convolution goes through training: sizes, and where lists and staged images lie. */
import { conv2dGeometry } from '../../layers/conv2d.js';
import type { LayerSpec } from '../../layers/layer.js';
import { layoutOf, type WindowLayout } from '../../layers/windows.js';
import type { TrainingCall, TrainingShape } from '../gradients/gradient.js';

/** The next multiple of a cache line. */
export const align = (bytes: number) => Math.ceil(bytes / 64) * 64;

/** Rows of a packed block of weights. */
const BLOCK = 5;

/** Bytes of first-level cache that panels of inputs may fill at a time. */
const PANEL_BYTES = 20_000;

/** Sizes that all passes share, and where lists and staged images lie in what the layer keeps. */
export interface Plan {
  readonly layout: WindowLayout;
  readonly groups: number;
  /** Filters and columns of one group. */
  readonly rows: number;
  readonly cols: number;
  readonly panels: number;
  /** Bytes of the inputs of one group, and of a whole tile, as windows read them; of the outputs of a group and of a tile. */
  readonly xGroup: number;
  readonly xTile: number;
  readonly yGroup: number;
  readonly yTile: number;
  readonly packedBytes: number;
  /** Outputs whose inputs lie together: rows of the image at stride 1, else pixels. */
  readonly runs: { readonly count: number; readonly floats: number };
  /** True for a weight that is stored as compressed sparse rows. */
  readonly sparse: boolean;
  /** True for groups of so few filters that unrolling windows does not pay: then weights are entries, as in sparse convolution. */
  readonly direct: boolean;
  /** Byte offsets in what is kept. */
  readonly at: {
    readonly offsets: number;
    readonly panels: number;
    readonly runs: number;
    readonly pixels: number;
    readonly zeros: number;
    readonly entries: number;
    readonly ends: number;
    readonly points: number;
    readonly staged: number;
    readonly end: number;
  };
}

function runsOf({ geometry: { outHeight, outWidth, strideWidth }, lanes }: WindowLayout): Plan['runs'] {
  const pixels = strideWidth === 1 ? outWidth : 1; // of a run
  return { count: (outHeight * outWidth) / pixels, floats: pixels * lanes };
}

export function planOf({ shape, outputs, lanes, tiles, parameters }: TrainingShape, spec: LayerSpec): Plan {
  const layout = layoutOf(conv2dGeometry(spec, shape), lanes);
  const groups = spec.groups as number;
  const [rows, cols] = [parameters[0]!.rows / groups, parameters[0]!.cols];
  const panels = layout.plane / 8;
  const xTile = shape[0]! * layout.channelBytes;
  const offsets = 0;
  const panelsAt = align(offsets + cols * 4);
  const runs = align(panelsAt + panels * 40);
  const pixels = align(runs + panels * 8);
  const zeros = align(pixels + panels * 8);
  const sparse = parameters[0]!.format !== 'dense';
  const direct = rows < BLOCK && !sparse;
  const entries = align(zeros + rows * groups * 4);
  const ends = align(entries + (direct ? rows * groups * cols * 8 : 0));
  const points = align(ends + (direct ? rows * groups * 4 : 0));
  const staged = align(points + (direct ? panels * 8 : 0));
  return {
    layout,
    groups,
    rows,
    cols,
    panels,
    xGroup: xTile / groups,
    xTile,
    yGroup: rows * layout.plane * 4,
    yTile: outputs * lanes * 4,
    runs: runsOf(layout),
    sparse,
    direct,
    packedBytes: align(Math.ceil(rows / 5) * Math.min(rows, 5) * cols * 4),
    at: {
      offsets,
      panels: panelsAt,
      runs,
      pixels,
      zeros,
      entries,
      ends,
      points,
      staged,
      end: staged + (layout.staged ? xTile * tiles : 0),
    },
  };
}

/** Panels that go through all filters together. */
export function chunkOf(depth: number, panels: number): number {
  return Math.max(1, Math.min(panels, Math.floor(PANEL_BYTES / (depth * 32))));
}

/** The inputs as windows read them. */
export const windowsOf = (call: TrainingCall, plan: Plan) =>
  plan.layout.staged ? call.kept + plan.at.staged : call.x;
