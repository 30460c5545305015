/**
 * Values of a weight in sparse storage: values [count * height], those of block i from i * height on, row by row.
 * Rows beyond the matrix in the last group hold 0. Structure (rowPtr, colIdx): see blocks_structure.ts.
 */
import { SEED_STEP, uniformFrom } from './random_f32';

/** values = those of dense [rows, cols], row-major, where the blocks are; by bits. */
export function blocks_gather_f32(
  values: usize,
  rowPtr: usize,
  colIdx: usize,
  dense: usize,
  rows: usize,
  cols: usize,
  height: usize,
): void {
  const pitch = cols << 2;
  let at = colIdx;
  for (let r: usize = 0; r < rows; r += height) {
    const here = min(height, rows - r);
    rowPtr += 4;
    for (const end = colIdx + ((<usize>load<u32>(rowPtr)) << 2); at < end; at += 4) {
      let from = dense + ((<usize>load<u32>(at)) << 2);
      for (let j: usize = 0; j < height; j++) {
        store<u32>(values, j < here ? load<u32>(from) : 0);
        from += pitch;
        values += 4;
      }
    }
    dense += here * pitch;
  }
}

/** Inverse of blocks_gather_f32: dense [rows, cols], +0 where no block is; by bits, so that NaN and -0 stay. */
export function blocks_scatter_f32(
  dense: usize,
  values: usize,
  rowPtr: usize,
  colIdx: usize,
  rows: usize,
  cols: usize,
  height: usize,
): void {
  const pitch = cols << 2;
  memory.fill(dense, 0, rows * pitch);
  let at = colIdx;
  for (let r: usize = 0; r < rows; r += height) {
    const here = min(height, rows - r);
    rowPtr += 4;
    for (const end = colIdx + ((<usize>load<u32>(rowPtr)) << 2); at < end; at += 4) {
      let to = dense + ((<usize>load<u32>(at)) << 2);
      for (let j: usize = 0; j < here; j++) {
        store<u32>(to, load<u32>(values + (j << 2)));
        to += pitch;
      }
      values += height << 2;
    }
    dense += here * pitch;
  }
}

/**
 * Carries values over to another structure of the same matrix: a block of `to` has the values of the same block in
 * `from`, by bits, or +0 where `from` has none. The arrays of the two must be different ones.
 */
export function blocks_carry_f32(
  to: usize,
  toPtr: usize,
  toCol: usize,
  from: usize,
  fromPtr: usize,
  fromCol: usize,
  groups: usize,
  height: usize,
): void {
  const bytes = height << 2;
  const toStart = toCol;
  const fromStart = fromCol;
  for (; groups > 0; groups--) {
    toPtr += 4;
    fromPtr += 4;
    const fromEnd = fromStart + ((<usize>load<u32>(fromPtr)) << 2);
    for (const toEnd = toStart + ((<usize>load<u32>(toPtr)) << 2); toCol < toEnd; toCol += 4) {
      const column = load<u32>(toCol);
      while (fromCol < fromEnd && load<u32>(fromCol) < column) {
        fromCol += 4;
        from += bytes;
      }
      const held = fromCol < fromEnd && load<u32>(fromCol) == column;
      for (let i: usize = 0; i < bytes; i += 4) store<u32>(to + i, held ? load<u32>(from + i) : 0);
      to += bytes;
    }
    // Blocks behind the last one of `to` in this group.
    from += ((fromEnd - fromCol) >> 2) * bytes;
    fromCol = fromEnd;
  }
}

/**
 * The values of the blocks that stay: those whose byte in keep [count] is 1. Returns their number.
 *
 * from [count * height]; to has room for those that stay, and may be `from`.
 */
export function blocks_select_f32(to: usize, from: usize, keep: usize, count: usize, height: usize): u32 {
  const bytes = height << 2;
  let left: u32 = 0;
  for (const keepEnd = keep + count; keep < keepEnd; keep++) {
    if (load<u8>(keep) == 1) {
      for (let i: usize = 0; i < bytes; i += 4) store<u32>(to + i, load<u32>(from + i));
      to += bytes;
      left++;
    }
    from += bytes;
  }
  return left;
}

/**
 * Every value is the number that random_uniform_f32 with the same seed writes at its index row * cols + column in the
 * dense matrix [rows, cols]: what a weight is drawn as does not depend on its storage.
 */
export function blocks_uniform_f32(
  values: usize,
  rowPtr: usize,
  colIdx: usize,
  rows: usize,
  cols: usize,
  height: usize,
  seedLow: u32,
  seedHigh: u32,
  low: f32,
  width: f32,
): void {
  const seed = ((<u64>seedHigh) << 32) | <u64>seedLow;
  const pitch = <u64>cols * SEED_STEP;
  let at = colIdx;
  for (let r: usize = 0; r < rows; r += height) {
    const here = min(height, rows - r);
    const first = seed + (<u64>r * <u64>cols + 1) * SEED_STEP; // of the group's first column
    rowPtr += 4;
    for (const end = colIdx + ((<usize>load<u32>(rowPtr)) << 2); at < end; at += 4) {
      let state = first + <u64>load<u32>(at) * SEED_STEP;
      for (let j: usize = 0; j < height; j++) {
        store<f32>(values, j < here ? uniformFrom(state, low, width) : 0);
        state += pitch;
        values += 4;
      }
    }
  }
}

/** scores [count]: the sum of |value| over each block, in the order of its rows; values [count * height]. */
export function blocks_scores_f32(scores: usize, values: usize, count: usize, height: usize): void {
  for (const end = scores + (count << 2); scores < end; scores += 4) {
    let sum: f32 = abs<f32>(load<f32>(values));
    values += 4;
    for (let j: usize = 1; j < height; j++) {
      sum += abs<f32>(load<f32>(values));
      values += 4;
    }
    store<f32>(scores, sum);
  }
}
