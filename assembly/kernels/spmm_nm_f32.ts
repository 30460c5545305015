/** N:M sparse product over tiles: every row has the same number of entries, so no row pointers and no mispredictions. */
import { spmm_csr16_rows, spmm_csr32_rows } from './spmm_csr_f32';

/**
 * y = max(W · x + b, low), W with `perRow` entries in every row, tiles of 16 or 32 lanes.
 *
 * entries [panels, rows, perRow / panels] (u32 byte offset into a tile, f32): inputs are cut into panels of equal
 * width, as in spmm_csr32_f32. bias [rows]; x [tiles, cols, lanes]; y [tiles, rows, lanes].
 */
export function spmm_nm_f32(
  y: usize,
  entries: usize,
  bias: usize,
  x: usize,
  rows: usize,
  cols: usize,
  perRow: usize,
  panels: usize,
  lanes: usize,
  tiles: usize,
  low: f32,
): void {
  const pitch = lanes << 2;
  const bytes = (perRow / panels) << 3;
  for (; tiles > 0; tiles--) {
    let entry = entries;
    for (let p: usize = 1; p <= panels; p++) {
      const floor: f32 = p == panels ? low : -Infinity;
      const b = p == 1 ? bias : 0;
      if (pitch == 128) spmm_csr32_rows(y, pitch, entry, 0, 0, bytes, b, x, rows, floor);
      else spmm_csr16_rows(y, pitch, entry, 0, 0, bytes, b, x, rows, floor);
      entry += rows * bytes;
    }
    y += rows * pitch;
    x += cols * pitch;
  }
}
