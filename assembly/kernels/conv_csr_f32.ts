/**
 * Sparse (CSR) convolution, without bringing inputs together. Points (conv_csr_rows_f32.ts) are the outer loop, so that
 * the inputs around them stay in first-level cache while the entries of all filters stream by.
 */
import { fourPoints, onePoint } from './conv_csr_rows_f32';

/** All points against rows whose entries begin at `entry`; `ends` are counted from `entries`, part by part. */
function allPoints(
  y: usize,
  entries: usize,
  entry: usize,
  ends: usize,
  bias: usize,
  x: usize,
  points: usize,
  fours: usize,
  ones: usize,
  rows: usize,
  yRow: usize,
  parts: usize,
  low: f32,
): void {
  const bytes = rows << 2;
  const last = ends + (parts - 1) * bytes;
  for (; fours > 0; fours--) {
    let from = entry;
    for (let part = ends; part <= last; part += bytes) {
      const floor: f32 = part == last ? low : -Infinity;
      fourPoints(y, points, entries, from, part, part == ends ? bias : 0, x, rows, yRow, floor);
      from = entries + <usize>load<u32>(part + bytes - 4);
    }
    points += 32;
  }
  for (; ones > 0; ones--) {
    const base = x + <usize>load<u32>(points);
    const to = y + <usize>load<u32>(points, 4);
    let from = entry;
    for (let part = ends; part <= last; part += bytes) {
      const floor: f32 = part == last ? low : -Infinity;
      onePoint(to, entries, from, part, part == ends ? bias : 0, base, rows, yRow, floor);
      from = entries + <usize>load<u32>(part + bytes - 4);
    }
    points += 8;
  }
}

/**
 * y = max(W * x + b, low), W sparse (CSR): one tile, one group.
 *
 * Columns may be cut into parts, so that the inputs that a part reads around four points stay in first-level cache:
 * all parts but the first go on from what y holds.
 *
 * entries [nnz] (u32 byte offset from an output's base, f32), part by part, in those row by row, columns ascending;
 * ends [parts, rows] u32, in bytes from the first entry; bias [rows]. points: `fours` records of eight u32, the bases
 * in x of four points and their places in a plane of y (bytes); then `ones` records of two u32, base and place. Four
 * points that lie side by side in both are faster. Points may overlap. y [rows, plane]; y must not overlap an input.
 */
export function conv_csr_f32(
  y: usize,
  entries: usize,
  ends: usize,
  bias: usize,
  x: usize,
  points: usize,
  fours: usize,
  ones: usize,
  rows: usize,
  plane: usize,
  parts: usize,
  low: f32,
): void {
  allPoints(y, entries, entries, ends, bias, x, points, fours, ones, rows, plane << 2, parts, low);
}

/**
 * As conv_csr_f32 for all groups of a grouped convolution, `together` rows each, one group after the other: rows of
 * different groups have no inputs in common. Offsets in entries lead from an output's base into the row's own channels.
 */
export function conv_csr_groups_f32(
  y: usize,
  entries: usize,
  ends: usize,
  bias: usize,
  x: usize,
  points: usize,
  fours: usize,
  ones: usize,
  rows: usize,
  together: usize,
  plane: usize,
  low: f32,
): void {
  const yRow = plane << 2;
  let entry = entries;
  for (let r: usize = 0; r < rows; r += together) {
    allPoints(y, entries, entry, ends, bias, x, points, fours, ones, together, yRow, 1, low);
    ends += together << 2;
    entry = entries + <usize>load<u32>(ends - 4);
    bias += together << 2;
    y += together * yRow;
  }
}
