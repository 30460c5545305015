/**
 * Sparse convolutions over panels (conv_gather_f32.ts) whose inputs are brought together first, as many panels at a time
 * as the sums of a loop hold. Dearer than to read inputs where they lie if few filters read them; cheaper if many do,
 * and for any stride and width.
 */
import { onePoint as blockOnePoint, twoPoints as blockTwoPoints } from './conv_block_f32';
import { fourPoints as csrFourPoints, onePoint as csrOnePoint } from './conv_csr_rows_f32';
import { copyNarrow, gatherFour, gatherPanel, PANEL } from './conv_gather_f32';

/**
 * As conv_csr_f32, four panels at a time.
 *
 * entries (u32 128 * column, f32); offsets [k] u32 of the columns, of which those that no row reads may be left out;
 * scratch [k, 32] floats and 8 more; with plane < 8 there is one panel, at 0, and scratch holds [rows, 8] more.
 */
export function conv_csr_panels_f32(
  y: usize,
  entries: usize,
  ends: usize,
  bias: usize,
  x: usize,
  panels: usize,
  offsets: usize,
  scratch: usize,
  rows: usize,
  k: usize,
  plane: usize,
  count: usize,
  low: f32,
): void {
  const points = scratch + (k << 7);
  const narrow = plane < 8;
  const to = narrow ? points + 32 : y;
  const yRow: usize = narrow ? 32 : plane << 2;
  for (; count >= 4; count -= 4) {
    gatherFour(scratch, panels, x, offsets, k);
    // What was gathered, as four points.
    for (let p: usize = 0; p < 4; p++) {
      const point = points + (p << 2);
      store<u32>(point, <u32>(p << 5));
      store<u32>(point, load<u32>(panels + p * PANEL), 16);
    }
    csrFourPoints(to, points, entries, entries, ends, bias, scratch, rows, yRow, low);
    panels += PANEL * 4;
  }
  for (; count > 0; count--) {
    gatherPanel(scratch, panels, x, offsets, k, 128);
    csrOnePoint(to + <usize>load<u32>(panels), entries, entries, ends, bias, scratch, rows, yRow, low);
    panels += PANEL;
  }
  if (narrow) copyNarrow(y, to, rows, plane);
}

/**
 * As conv_block2_f32, two panels at a time.
 *
 * blocks (u32 64 * column, 2 f32); offsets [k] u32 of the columns, of which those that no row reads may be left out;
 * scratch [k, 16]; with plane < 8 there is one panel, at 0, and scratch holds [rows, 8] more.
 */
export function conv_block2_panels_f32(
  y: usize,
  blocks: usize,
  ends: usize,
  bias: usize,
  x: usize,
  panels: usize,
  offsets: usize,
  scratch: usize,
  rows: usize,
  k: usize,
  plane: usize,
  count: usize,
  low: f32,
): void {
  const narrow = plane < 8;
  const to = narrow ? scratch + (k << 6) : y;
  const yRow: usize = narrow ? 32 : plane << 2;
  for (let p: usize = 0; p < count; p += 2) {
    // An odd panel stands twice.
    const second = p + 1 < count ? panels + PANEL : panels;
    gatherPanel(scratch, panels, x, offsets, k, 64);
    gatherPanel(scratch + 32, second, x, offsets, k, 64);
    const y1 = to + <usize>load<u32>(panels),
      y2 = to + <usize>load<u32>(second);
    blockTwoPoints(y1, y2, yRow, blocks, ends, bias, scratch, scratch + 32, rows, low);
    panels += PANEL * 2;
  }
  if (narrow) copyNarrow(y, to, rows, plane);
}

/** As conv_block2_panels_f32 for blocks of 4x1 (u32 32 * column, 4 f32), one panel at a time; scratch [k, 8]. */
export function conv_block4_panels_f32(
  y: usize,
  blocks: usize,
  ends: usize,
  bias: usize,
  x: usize,
  panels: usize,
  offsets: usize,
  scratch: usize,
  rows: usize,
  k: usize,
  plane: usize,
  count: usize,
  low: f32,
): void {
  const narrow = plane < 8;
  const to = narrow ? scratch + (k << 5) : y;
  const yRow: usize = narrow ? 32 : plane << 2;
  for (; count > 0; count--) {
    gatherPanel(scratch, panels, x, offsets, k, 32);
    blockOnePoint(to + <usize>load<u32>(panels), yRow, blocks, ends, bias, scratch, rows, low);
    panels += PANEL;
  }
  if (narrow) copyNarrow(y, to, rows, plane);
}
