/** Softmax over the features of every lane. */
import { exp } from '../math';
import { loadUpTo4, storeUpTo4 } from '../simd';

/** Largest value of each of up to four lanes; NaN wins. */
export function laneMax(x: usize, features: usize, row: usize, count: usize): v128 {
  let top = f32x4.splat(-Infinity);
  for (; features > 0; features--) {
    top = f32x4.max(top, loadUpTo4(x, count));
    x += row;
  }
  return top;
}

/** Stores e^(x - top) to y and returns its sum over the features, for up to four lanes. */
export function laneExp(y: usize, x: usize, features: usize, row: usize, count: usize, top: v128): v128 {
  let sum = f32x4.splat(0);
  for (; features > 0; features--) {
    const e = exp(f32x4.sub(loadUpTo4(x, count), top));
    storeUpTo4(y, e, count);
    sum = f32x4.add(sum, e);
    x += row;
    y += row;
  }
  return sum;
}

/** y = softmax(x) over the features; x and y [tiles, features, lanes]; y may be x. Any number of lanes. */
export function softmax_f32(y: usize, x: usize, features: usize, lanes: usize, tiles: usize): void {
  const row = lanes << 2;
  for (; tiles > 0; tiles--) {
    for (let lane: usize = 0; lane < lanes; lane += 4) {
      const count = lanes - lane;
      const out = y + (lane << 2);
      const from = x + (lane << 2);
      const sum = laneExp(out, from, features, row, count, laneMax(from, features, row, count));
      for (let f: usize = 0; f < features; f++) {
        const p = out + f * row;
        storeUpTo4(p, f32x4.div(loadUpTo4(p, count), sum), count);
      }
    }
    x += features * row;
    y += features * row;
  }
}
