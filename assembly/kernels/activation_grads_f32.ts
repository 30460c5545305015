/** Gradients of the activations: dx [n] = dy [n] * f'(x [n]); dx may be dy. */

import { sigmoid, tanh } from '../math';
import { loadUpTo4, madd, storeUpTo4 } from '../simd';
import { geluTanh } from './activations_f32';

const GELU_SCALE: f32 = 0.7978845608;
const GELU_CUBE3: f32 = 0.134145; // 3 * 0.044715

/** dx = dy where x > 0, else 0. */
export function relu_grad_f32(dx: usize, dy: usize, x: usize, n: usize): void {
  for (let i: usize = 0; i < n; i += 4) {
    const live = f32x4.gt(loadUpTo4(x + (i << 2), n - i), f32x4.splat(0));
    storeUpTo4(dx + (i << 2), v128.and(loadUpTo4(dy + (i << 2), n - i), live), n - i);
  }
}

/** dx = dy where x >= 0, slope * dy below. */
export function leaky_relu_grad_f32(dx: usize, dy: usize, x: usize, n: usize, slope: f32): void {
  for (let i: usize = 0; i < n; i += 4) {
    const g = loadUpTo4(dy + (i << 2), n - i);
    const below = f32x4.lt(loadUpTo4(x + (i << 2), n - i), f32x4.splat(0));
    storeUpTo4(dx + (i << 2), v128.bitselect(f32x4.mul(g, f32x4.splat(slope)), g, below), n - i);
  }
}

/** dx = dy s (1 - s), s = sigmoid(x). */
export function sigmoid_grad_f32(dx: usize, dy: usize, x: usize, n: usize): void {
  for (let i: usize = 0; i < n; i += 4) {
    const s = sigmoid(loadUpTo4(x + (i << 2), n - i));
    const slope = f32x4.mul(s, f32x4.sub(f32x4.splat(1), s));
    storeUpTo4(dx + (i << 2), f32x4.mul(loadUpTo4(dy + (i << 2), n - i), slope), n - i);
  }
}

/** dx = dy (1 - tanh(x)^2). */
export function tanh_grad_f32(dx: usize, dy: usize, x: usize, n: usize): void {
  for (let i: usize = 0; i < n; i += 4) {
    const t = tanh(loadUpTo4(x + (i << 2), n - i));
    const slope = f32x4.sub(f32x4.splat(1), f32x4.mul(t, t));
    storeUpTo4(dx + (i << 2), f32x4.mul(loadUpTo4(dy + (i << 2), n - i), slope), n - i);
  }
}

/** dx = dy (1 + t + x (1 - t^2) sqrt(2 / pi) (1 + 3 * 0.044715 x^2)) / 2, t as in gelu_f32. */
export function gelu_grad_f32(dx: usize, dy: usize, x: usize, n: usize): void {
  const one = f32x4.splat(1);
  for (let i: usize = 0; i < n; i += 4) {
    const v = loadUpTo4(x + (i << 2), n - i);
    const t = geluTanh(v);
    // Beyond 30 the last factor is 0, and its product with an overflowing square would be NaN.
    const u = f32x4.min(f32x4.max(v, f32x4.splat(-30)), f32x4.splat(30));
    const inner = f32x4.mul(madd(f32x4.mul(u, u), f32x4.splat(GELU_CUBE3), one), f32x4.splat(GELU_SCALE));
    const slope = f32x4.mul(f32x4.mul(u, f32x4.sub(one, f32x4.mul(t, t))), inner);
    const total = f32x4.mul(f32x4.add(f32x4.add(one, t), slope), f32x4.splat(0.5));
    storeUpTo4(dx + (i << 2), f32x4.mul(loadUpTo4(dy + (i << 2), n - i), total), n - i);
  }
}
