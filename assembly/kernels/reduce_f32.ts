/** Sums over lanes. */
import { sumLanes } from '../simd';

/**
 * y[r] = sum of row r over all lanes: the gradient of a bias. x [tiles, rows, lanes], lanes 8, 16 or 32; y [rows],
 * overwritten. Runs of eight samples are added in their order, so that the width of a tile changes no bit.
 */
export function row_sums_f32(y: usize, x: usize, rows: usize, lanes: usize, tiles: usize): void {
  const row = lanes << 2;
  const tileBytes = rows * row;
  for (let r: usize = 0; r < rows; r++) {
    let sum = f32x4.splat(0);
    let from = x + r * row;
    for (let t: usize = 0; t < tiles; t++) {
      for (let p = from, end = from + row; p < end; p += 32) {
        sum = f32x4.add(sum, f32x4.add(v128.load(p), v128.load(p, 16)));
      }
      from += tileBytes;
    }
    store<f32>(y + (r << 2), sumLanes(sum));
  }
}
