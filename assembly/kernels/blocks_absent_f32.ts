/** Gradients of blocks that a weight in sparse storage does not hold: candidates for growth. */
import { loadUpTo4 } from '../simd';

/**
 * Looks through a slab of the dense gradient for absent blocks with a score above `threshold`; a score is the sum of
 * |gradient| over the rows of a block, in their order (blocks_scores_f32). NaN is above nothing.
 *
 * gradient [rows, cols]: the rows of `groups` groups from firstGroup on, `height` each, the last one perhaps fewer.
 * rowPtr and colIdx are those of the whole weight. Scores (f32) and positions (u32) are appended from index `count` on,
 * ascending by position; returns the new count. Room is needed for every absent block of these groups.
 */
export function collect_absent_f32(
  scores: usize,
  positions: usize,
  count: u32,
  gradient: usize,
  rowPtr: usize,
  colIdx: usize,
  firstGroup: u32,
  groups: usize,
  rows: usize,
  cols: usize,
  height: usize,
  threshold: f32,
): u32 {
  const pitch = cols << 2;
  const least = f32x4.splat(threshold);
  rowPtr += (<usize>firstGroup) << 2;
  let begin = firstGroup * <u32>cols; // position of the group's first column
  let held = colIdx + ((<usize>load<u32>(rowPtr)) << 2);
  for (let g: usize = 0; g < groups; g++) {
    const here = min(height, rows - g * height);
    rowPtr += 4;
    const heldEnd = colIdx + ((<usize>load<u32>(rowPtr)) << 2);
    for (let c: usize = 0; c < cols; c += 4) {
      const left = cols - c;
      let from = gradient + (c << 2);
      let sum = f32x4.abs(loadUpTo4(from, left));
      for (let j: usize = 1; j < here; j++) {
        from += pitch;
        sum = f32x4.add(sum, f32x4.abs(loadUpTo4(from, left)));
      }
      // One bit a column, lowest first; few pass once the threshold is near that of the best.
      let above = i32x4.bitmask(f32x4.gt(sum, least));
      if (left < 4) above &= (1 << (<i32>left)) - 1;
      for (; above != 0; above &= above - 1) {
        const lane = <usize>ctz(above);
        const column = <u32>(c + lane);
        while (held < heldEnd && load<u32>(held) < column) held += 4;
        if (held < heldEnd && load<u32>(held) == column) continue;
        const at = (<usize>count) << 2;
        store<f32>(scores + at, laneOf(sum, lane));
        store<u32>(positions + at, begin + column);
        count++;
      }
    }
    held = heldEnd;
    gradient += here * pitch;
    begin += <u32>cols;
  }
  return count;
}

/** One lane of x, chosen at run time. */
function laneOf(x: v128, lane: usize): f32 {
  if (lane < 2) return lane == 0 ? f32x4.extract_lane(x, 0) : f32x4.extract_lane(x, 1);
  return lane == 2 ? f32x4.extract_lane(x, 2) : f32x4.extract_lane(x, 3);
}
