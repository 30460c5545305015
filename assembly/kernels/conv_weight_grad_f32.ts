/** Gradient of a convolution's weights: dot products of output gradients with inputs, where both lie. */
import { conv_weight_eight, conv_weight_nine } from './conv_weight_blocks_f32';

/** Bytes of a filter's gradient that one pass over all columns reads: three of them stay in the second-level cache. */
const PASS: usize = 65536;

/**
 * dw[f][j] = sum of dy[f] * x[column j] over all outputs: [filters, k] row-major, overwritten. One group of channels.
 *
 * Outputs come in runs of runFloats neighbours (a multiple of eight) whose inputs are neighbours too: rows of the image
 * at stride 1, else pixels. runs: runCount records {x, y} u32, bytes: float i of filter f in tile t is at
 * dy + t * yTile + f * plane * 4 + y + 4 i, its input of column j at x + t * xTile + offsets[j] + x + 4 i; offsets u32 [k].
 */
export function conv_weight_grad_f32(
  dw: usize,
  dy: usize,
  x: usize,
  offsets: usize,
  runs: usize,
  filters: usize,
  k: usize,
  runCount: usize,
  runFloats: usize,
  plane: usize,
  xTile: usize,
  yTile: usize,
  tiles: usize,
): void {
  const dwRow = k << 2;
  const yRow = plane << 2;
  const runBytes = runFloats << 2;
  const step = max<usize>(PASS / runBytes, 1) << 3;
  const runsEnd = runs + (runCount << 3);
  memory.fill(dw, 0, filters * dwRow);
  for (; tiles > 0; tiles--) {
    for (let r = runs; r < runsEnd; r += step) {
      const end = min(r + step, runsEnd);
      for (let f: usize = 0; f < filters; ) {
        const left = filters - f;
        const to = dw + f * dwRow;
        const from = dy + f * yRow;
        if (left == 3 || left > 4) {
          for (let j: usize = 0; j < k; j += 3) {
            const columns = min<usize>(k - j, 3);
            const o = offsets + (j << 2);
            conv_weight_nine(to + (j << 2), dwRow, from, yRow, x, o, columns, r, end, runBytes);
          }
          f += 3;
        } else {
          for (let j: usize = 0; j < k; j += 4) {
            const columns = min<usize>(k - j, 4);
            const o = offsets + (j << 2);
            conv_weight_eight(
              to + (j << 2),
              dwRow,
              from,
              left > 1 ? yRow : 0,
              x,
              o,
              columns,
              r,
              end,
              runBytes,
            );
          }
          f += 2;
        }
      }
    }
    x += xTile;
    dy += yTile;
  }
}
