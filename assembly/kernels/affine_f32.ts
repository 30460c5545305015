/** Scale and shift of each channel: batch norm in inference. */
import { atLeast, loadTail, madd, storeTail } from '../simd';

/**
 * y[t][c][i] = max(x[t][c][i] * scale[c] + shift[c], low), i < plane: height * width * lanes floats a channel.
 * low = -Infinity for no activation, 0 for ReLU. y may be x.
 */
export function affine_f32(
  y: usize,
  x: usize,
  scale: usize,
  shift: usize,
  channels: usize,
  plane: usize,
  tiles: usize,
  low: f32,
): void {
  const tail = plane & 3;
  const whole = (plane - tail) << 2;
  const floor = f32x4.splat(low);
  for (; tiles > 0; tiles--) {
    for (let c: usize = 0; c < channels; c++) {
      const a = v128.load32_splat(scale + (c << 2));
      const b = v128.load32_splat(shift + (c << 2));
      for (const end = x + whole; x < end; x += 16) {
        v128.store(y, atLeast(madd(v128.load(x), a, b), floor));
        y += 16;
      }
      if (tail) storeTail(y, atLeast(madd(loadTail(x, tail), a, b), floor), tail);
      y += tail << 2;
      x += tail << 2;
    }
  }
}
