/** N:M sparse product over tiles: every row has the same number of entries, so no row pointers and no mispredictions. */
import { spmm_csr16_row, spmm_csr32_row } from './spmm_csr_f32';

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
      let to = y;
      for (let r: usize = 0; r < rows; r++) {
        const b = p == 1 ? bias + (r << 2) : 0;
        if (pitch == 128) spmm_csr32_row(to, entry, entry + bytes, b, x, floor);
        else spmm_csr16_row(to, entry, entry + bytes, b, x, floor);
        entry += bytes;
        to += pitch;
      }
    }
    y += rows * pitch;
    x += cols * pitch;
  }
}
