/** Movement pruning: scores that grow while a weight moves away from zero. */
import { loadUpTo4, storeUpTo4 } from '../simd';
import { lanesOf } from './mask_f32';

/**
 * s [n] -= rate g w, where w is weight [n] where mask [n] is 1, and shadow [n] elsewhere; then g [n] = 0 where mask is 0.
 *
 * Sanh, Wolf & Rush 2020, arXiv:2005.07683, eq. 3: the straight-through gradient of the loss with respect to a score.
 */
export function movement_f32(
  s: usize,
  g: usize,
  weight: usize,
  shadow: usize,
  mask: usize,
  n: usize,
  rate: f32,
): void {
  const rates = f32x4.splat(rate);
  for (let i: usize = 0; i < n; i += 4) {
    const at = i << 2;
    const left = n - i;
    const live = lanesOf(mask + i, left);
    const gradient = loadUpTo4(g + at, left);
    const w = v128.bitselect(loadUpTo4(weight + at, left), loadUpTo4(shadow + at, left), live);
    const change = f32x4.mul(rates, f32x4.mul(gradient, w));
    storeUpTo4(s + at, f32x4.sub(loadUpTo4(s + at, left), change), left);
    storeUpTo4(g + at, v128.and(gradient, live), left);
  }
}
