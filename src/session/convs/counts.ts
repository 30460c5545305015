import type { ConvolutionOp } from '../ops.js';
import { groupsOf } from './image.js';

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
