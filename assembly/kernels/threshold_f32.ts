/** Small activations set to zero, so that products can leave them out. */
import { loadUpTo4, storeUpTo4 } from '../simd';

/** y = 0 where |x| <= level, else x (NaN stays); y [n] from x [n], y may be x. */
export function threshold_f32(y: usize, x: usize, n: usize, level: f32): void {
  const least = f32x4.splat(level);
  for (let i: usize = 0; i < n; i += 4) {
    const v = loadUpTo4(x + (i << 2), n - i);
    storeUpTo4(y + (i << 2), v128.andnot(v, f32x4.le(f32x4.abs(v), least)), n - i);
  }
}
