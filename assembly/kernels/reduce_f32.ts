/** Sums over lanes. */
import { sumLanes } from '../simd';

/** y[r] = sum of row r over all lanes: the gradient of a bias. x [tiles, rows, 8]; y [rows], overwritten. */
export function row_sums_f32(y: usize, x: usize, rows: usize, tiles: usize): void {
  const tileBytes = rows << 5;
  for (let r: usize = 0; r < rows; r++) {
    let sum = f32x4.splat(0);
    let p = x + (r << 5);
    for (let t: usize = 0; t < tiles; t++) {
      sum = f32x4.add(sum, f32x4.add(v128.load(p), v128.load(p, 16)));
      p += tileBytes;
    }
    store<f32>(y + (r << 2), sumLanes(sum));
  }
}
