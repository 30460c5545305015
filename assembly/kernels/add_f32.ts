/** Sum of two tensors: where branches of a network meet. */
import { atLeast, loadTail, storeTail } from '../simd';

/** y = max(a + b, low), n floats each. low = -Infinity for no activation, 0 for ReLU. y may be a or b. */
export function add_f32(y: usize, a: usize, b: usize, n: usize, low: f32): void {
  const floor = f32x4.splat(low);
  const tail = n & 3;
  for (const end = a + ((n - tail) << 2); a < end; a += 16) {
    v128.store(y, atLeast(f32x4.add(v128.load(a), v128.load(b)), floor));
    b += 16;
    y += 16;
  }
  if (tail) storeTail(y, atLeast(f32x4.add(loadTail(a, tail), loadTail(b, tail)), floor), tail);
}
