/** Dense product over the batch: the gradient of a weight. */

import { gemm_row } from './gemm_f32';
import { gemm_fives_listed, pack_rows5, transpose8 } from './gemm_fives_f32';
import { gemm_packed_panel } from './gemm_packed_f32';
import { list_rows, skipPays } from './gemm_skip_f32';

/** Copies one row of dy [panels, rows, 8] into `panels` * 8 contiguous floats. */
function packRow(y: usize, x: usize, xPanel: usize, panels: usize): void {
  for (; panels > 0; panels--) {
    v128.store(y, v128.load(x));
    v128.store(y, v128.load(x, 16), 16);
    y += 32;
    x += xPanel;
  }
}

/** Eight features of every sample, sample-major: y [panels * 8, 8] from x [panels, features, 8]. */
function packColumns8(y: usize, x: usize, xPanel: usize, panels: usize): void {
  for (; panels > 0; panels--) {
    transpose8(y, x);
    y += 256;
    x += xPanel;
  }
}

/** As packColumns8 for fewer than eight features; the missing ones are zero. */
function packColumnsFew(y: usize, x: usize, xPanel: usize, panels: usize, count: usize): void {
  memory.fill(y, 0, panels << 8);
  for (let p: usize = 0; p < panels; p++) {
    for (let f: usize = 0; f < count; f++) {
      for (let lane: usize = 0; lane < 8; lane++) {
        const at = ((p << 3) + lane) << 5;
        store<f32>(y + at + (f << 2), load<f32>(x + p * xPanel + (f << 5) + (lane << 2)));
      }
    }
  }
}

/** Fewer than five rows or eight columns, eight columns at a time. */
function few(dw: usize, dy: usize, x: usize, rows: usize, cols: usize, panels: usize, scratch: usize): void {
  const k = panels << 3;
  const width = min<usize>(cols, 8);
  const row = scratch + (k << 5);
  const spare = row + (k << 2);
  const dwRow = cols << 2;
  for (let j: usize = 0; j < cols; j += 8) {
    const c = min(j, cols - width);
    if (cols < 8) packColumnsFew(scratch, x, cols << 5, panels, cols);
    else packColumns8(scratch, x + (c << 5), cols << 5, panels);
    for (let r: usize = 0; r < rows; r++) {
      packRow(row, dy + (r << 5), rows << 5, panels);
      gemm_row(spare, row, 0, scratch, 32, k, -Infinity);
      memory.copy(dw + r * dwRow + (c << 2), spare, width << 2);
    }
  }
}

/** Packs x by eight columns, each block [k][8] after a list of its samples that are not all zero: size, offsets. */
function packBlocks(blocks: usize, x: usize, cols: usize, panels: usize): void {
  const k = panels << 3;
  for (let j: usize = 0; j < cols; j += 8) {
    const values = blocks + (k << 2) + 4;
    packColumns8(values, x + (min(j, cols - 8) << 5), cols << 5, panels);
    store<u32>(blocks, <u32>list_rows(blocks + 4, values, k));
    blocks += k * 36 + 4;
  }
}

/** Five rows of dw. */
function fiveRows(dw: usize, dy: usize, zeros: usize, blocks: usize, cols: usize, k: usize): void {
  const dwRow = cols << 2;
  for (let j: usize = 0; j < cols; j += 8) {
    const to = dw + (min(j, cols - 8) << 2);
    const values = blocks + (k << 2) + 4;
    // Eight neighbouring pixels are often background in a sample: such samples add nothing to these columns.
    const count = <usize>load<u32>(blocks);
    if (skipPays(count, k)) gemm_fives_listed(to, dwRow, dy, values, blocks + 4, count);
    else gemm_packed_panel(to, dwRow, dy, zeros, values, k, -Infinity);
    blocks += k * 36 + 4;
  }
}

/**
 * dw = dy · x^T, summed over all lanes of all panels.
 *
 * dy [panels, rows, 8]; x [panels, cols, 8]; dw [rows, cols] row-major, overwritten.
 * Samples in which eight neighbouring inputs are all zero are skipped for those columns; dy is to be finite.
 * scratch: ceil(cols / 8) * (panels * 288 + 4) + panels * 160 + 64 bytes. Nothing may overlap.
 */
export function gemm_nt_f32(
  dw: usize,
  dy: usize,
  x: usize,
  rows: usize,
  cols: usize,
  panels: usize,
  scratch: usize,
): void {
  if (rows < 5 || cols < 8) {
    few(dw, dy, x, rows, cols, panels, scratch);
    return;
  }
  const k = panels << 3;
  const zeros = scratch;
  const five = scratch + 32;
  const blocks = five + k * 20;
  memory.fill(zeros, 0, 20);
  packBlocks(blocks, x, cols, panels);
  for (let i: usize = 0; i < rows; i += 5) {
    const r = min(i, rows - 5); // the last block overlaps the one before: rows are recomputed, never short
    for (let p: usize = 0; p < panels; p++) pack_rows5(five + p * 160, dy + ((p * rows + r) << 5), 32, 8);
    fiveRows(dw + r * (cols << 2), five, zeros, blocks, cols, k);
  }
}
