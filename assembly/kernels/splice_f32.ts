/** Dynamic network surgery: which connections are cut and which are spliced back. */
import { loadUpTo4, storeUpTo4 } from '../simd';
import { lanesOf } from './mask_f32';

/**
 * mask [n] = 0 where |w| <= low, 1 where |w| > high, else as it was; a NaN changes nothing. low <= high.
 *
 * Guo et al. 2016, arXiv:1608.04493, eq. 3. w [n]; mask [n] bytes 0 and 1, changed in place.
 */
export function splice_f32(mask: usize, w: usize, n: usize, low: f32, high: f32): void {
  const lows = f32x4.splat(low);
  const highs = f32x4.splat(high);
  for (let i: usize = 0; i < n; i += 4) {
    const size = f32x4.abs(loadUpTo4(w + (i << 2), n - i));
    const cut = i32x4.bitmask(f32x4.le(size, lows));
    const join = i32x4.bitmask(f32x4.gt(size, highs));
    if ((cut | join) == 0) continue;
    const count = n - i < 4 ? n - i : 4;
    for (let j: usize = 0; j < count; j++) {
      const at = mask + i + j;
      if ((cut >> <i32>j) & 1) store<u8>(at, 0);
      else if ((join >> <i32>j) & 1) store<u8>(at, 1);
    }
  }
}

/** y [n] = live |w| where mask [n] is 1, else pruned |w|: sizes by which weights are ranked that are in, and others. */
export function biased_abs_f32(y: usize, w: usize, mask: usize, n: usize, live: f32, pruned: f32): void {
  const ins = f32x4.splat(live);
  const outs = f32x4.splat(pruned);
  for (let i: usize = 0; i < n; i += 4) {
    const at = i << 2;
    const size = f32x4.abs(loadUpTo4(w + at, n - i));
    const factor = v128.bitselect(ins, outs, lanesOf(mask + i, n - i));
    storeUpTo4(y + at, f32x4.mul(size, factor), n - i);
  }
}
