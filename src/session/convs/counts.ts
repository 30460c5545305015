/** How often weights of convolutions meet pixels; zeros around an image are none. */
import type { ConvolutionOp } from '../ops.js';
import { groupsOf } from './image.js';

/** Pairs of an output and a place of the window, in one direction, that meet a pixel. */
function meetings(
  outputs: number,
  window: number,
  { stride, dilation, before, size }: { stride: number; dilation: number; before: number; size: number },
): number {
  let count = 0;
  for (let i = 0; i < outputs; i++) {
    for (let u = 0; u < window; u++) {
      const at = i * stride + u * dilation - before;
      if (at >= 0 && at < size) count++;
    }
  }
  return count;
}

/** Multiplications of one sample by all weights, zeros included. */
export function denseCount(op: ConvolutionOp): number {
  const { geometry: g, weight } = op;
  const down = { stride: g.strideHeight, dilation: g.dilationHeight, before: g.top, size: g.height };
  const across = { stride: g.strideWidth, dilation: g.dilationWidth, before: g.left, size: g.width };
  const meet = meetings(g.outHeight, g.kernelHeight, down) * meetings(g.outWidth, g.kernelWidth, across);
  return weight.rows * groupsOf(op).channels * meet;
}

/** How many multiplications each input of a convolution meets: [channels * height * width]. */
export function inputCounts(op: ConvolutionOp): Uint32Array {
  const { geometry: g, weight } = op;
  const { rows, channels, area } = groupsOf(op);
  const perColumn = new Uint32Array(g.channels * area);
  const { rowPtr, colIdx } = weight.csr;
  for (let r = 0; r < weight.rows; r++) {
    const first = Math.floor(r / rows) * channels * area;
    for (let i = rowPtr[r]!; i < rowPtr[r + 1]!; i++) perColumn[first + colIdx[i]!]!++;
  }
  const counts = new Uint32Array(g.channels * g.height * g.width);
  perColumn.forEach((count, column) => {
    if (count === 0) return;
    const [channel, place] = [Math.floor(column / area), column % area];
    const [u, v] = [Math.floor(place / g.kernelWidth), place % g.kernelWidth];
    for (let i = 0; i < g.outHeight; i++) {
      const y = i * g.strideHeight + u * g.dilationHeight - g.top;
      if (y < 0 || y >= g.height) continue;
      for (let j = 0; j < g.outWidth; j++) {
        const x = j * g.strideWidth + v * g.dilationWidth - g.left;
        if (x >= 0 && x < g.width) counts[(channel * g.height + y) * g.width + x]! += count;
      }
    }
  });
  return counts;
}
