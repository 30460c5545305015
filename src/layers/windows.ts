/**
 * Where kernels of convolution find what they need, as lists of byte offsets.
 *
 * An image lies as [channels][rows][columns][lanes]; for one filter the outputs of a tile are one run of floats. A *staged* image
 * has zeros around it, and for narrow tiles its columns sorted by phase, so that outputs side by side have inputs side by side
 * whatever the stride: column X = x + left is place floor(X / phases) of phase X mod phases.
 */
import type { Geometry } from './geometry.js';

/** Floats of a vector pair: what a panel or a point of outputs holds. */
export const PANEL = 8;

/** How one tile of a convolution lies in memory. */
export interface WindowLayout {
  readonly geometry: Geometry;
  readonly lanes: number;
  /** Rows, phases of columns and columns of a phase of the staged image; the image itself where `staged` is false. */
  readonly stagedHeight: number;
  readonly phases: number;
  readonly stagedWidth: number;
  /** False when windows can read the image as it is. */
  readonly staged: boolean;
  /** Bytes of a staged channel. */
  readonly channelBytes: number;
  /** Floats of one filter's outputs. */
  readonly plane: number;
}

/** The same windows over a single row where that makes no difference: a kernel of one pixel, without stride or zeros around. */
function inOneRow(g: Geometry): Geometry {
  const one = g.kernelHeight * g.kernelWidth * g.strideHeight * g.strideWidth === 1;
  if (!one || g.top + g.bottom + g.left + g.right > 0) return g;
  const width = g.height * g.width;
  return { ...g, height: 1, width, outHeight: 1, outWidth: width };
}

/** The layout for tiles of `lanes` samples. */
export function layoutOf(given: Geometry, lanes: number): WindowLayout {
  const geometry = inOneRow(given);
  const { top, bottom, left, right, strideWidth } = geometry;
  const phases = lanes < PANEL ? strideWidth : 1;
  const stagedHeight = geometry.height + top + bottom;
  const stagedWidth = Math.ceil((geometry.width + left + right) / phases);
  return {
    geometry,
    lanes,
    stagedHeight,
    phases,
    stagedWidth,
    staged: top + bottom + left + right > 0 || phases > 1,
    channelBytes: stagedHeight * phases * stagedWidth * lanes * 4,
    plane: geometry.outHeight * geometry.outWidth * lanes,
  };
}

/** The arguments of conv_stage_f32 behind y and x. */
export function stageArguments({ geometry, lanes, stagedHeight, stagedWidth, phases }: WindowLayout) {
  const { channels, height, width, top, left } = geometry;
  return [channels, height, width, lanes, top, left, stagedHeight, stagedWidth, phases] as const;
}

/** Byte offset of the first input of an output pixel. */
function baseOf({ geometry: g, lanes, phases, stagedWidth }: WindowLayout, pixel: number): number {
  const row = Math.floor(pixel / g.outWidth) * g.strideHeight * phases * stagedWidth;
  const column = (pixel % g.outWidth) * (phases > 1 ? 1 : g.strideWidth);
  return (row + column) * lanes * 4;
}

/** Byte offsets of the inputs of a window from its first one, in the order of the columns of a weight: channel, row, column. */
export function columnOffsets(layout: WindowLayout, channels: number): Uint32Array {
  const { geometry: g, lanes, phases, stagedWidth, channelBytes } = layout;
  const offsets = new Uint32Array(channels * g.kernelHeight * g.kernelWidth);
  let at = 0;
  for (let c = 0; c < channels; c++) {
    for (let u = 0; u < g.kernelHeight; u++) {
      for (let v = 0; v < g.kernelWidth; v++) {
        const column = v * g.dilationWidth;
        const row = (u * g.dilationHeight * phases + (column % phases)) * stagedWidth;
        offsets[at++] = c * channelBytes + (row + Math.floor(column / phases)) * lanes * 4;
      }
    }
  }
  return offsets;
}

/**
 * All outputs of a filter in panels of eight floats: records {offset among the outputs, kind, b0 to b7}. Kind 0: eight inputs in a run
 * at b0; 1: four at b0 and four at b1; 2: one at each. The last panel may overlap the one before.
 */
export function outputPanels(layout: WindowLayout): Uint32Array {
  const { lanes, plane } = layout;
  const width = Math.min(lanes, PANEL); // floats that certainly lie together
  const count = Math.ceil(plane / PANEL);
  const panels = new Uint32Array(count * 10);
  for (let p = 0; p < count; p++) {
    const first = Math.max(0, Math.min(p * PANEL, plane - PANEL));
    const bases: number[] = [];
    for (let i = 0; i < PANEL; i += width) {
      const at = Math.min(first + i, plane - width);
      bases.push(baseOf(layout, Math.floor(at / lanes)) + (at % lanes) * 4);
    }
    const together = bases.every((base, i) => base === bases[0]! + i * width * 4);
    panels[p * 10] = first * 4;
    panels[p * 10 + 1] = together ? 0 : width === 4 ? 1 : 2;
    panels.set(bases, p * 10 + 2);
  }
  return panels;
}

/** Number of panels. */
export const panelCount = ({ plane }: WindowLayout) => Math.ceil(plane / PANEL);

/** Outputs whose inputs lie together, as long as can be: records {offset of inputs, of outputs}, and the floats of each. */
export function outputRuns(layout: WindowLayout): { readonly runs: Uint32Array; readonly floats: number } {
  const { geometry: g, lanes, phases } = layout;
  const pixels = g.strideWidth === phases ? g.outWidth : 1;
  const runs: number[] = [];
  for (let pixel = 0; pixel < g.outHeight * g.outWidth; pixel += pixels) {
    runs.push(baseOf(layout, pixel), pixel * lanes * 4);
  }
  return { runs: Uint32Array.from(runs), floats: pixels * lanes };
}

/** Panels of eight samples of a pixel, for tiles of eight lanes or more: records {offset of inputs, of outputs}. */
export function pixelPanels(layout: WindowLayout): Uint32Array {
  const { lanes, plane } = layout;
  const pixels: number[] = [];
  for (let at = 0; at < plane; at += PANEL) {
    pixels.push(baseOf(layout, Math.floor(at / lanes)) + (at % lanes) * 4, at * 4);
  }
  return Uint32Array.from(pixels);
}
