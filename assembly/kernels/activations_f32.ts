/** Activations, element by element: y [n] from x [n]; y may be x. */

import { sigmoid, tanh } from '../math';
import { atLeast, loadUpTo4, madd, storeUpTo4 } from '../simd';

const GELU_SCALE: f32 = 0.7978845608; // sqrt(2 / pi)
const GELU_CUBE: f32 = 0.044715;

/** y = max(x, 0). */
export function relu_f32(y: usize, x: usize, n: usize): void {
  const zero = f32x4.splat(0);
  for (let i: usize = 0; i < n; i += 4) {
    storeUpTo4(y + (i << 2), atLeast(loadUpTo4(x + (i << 2), n - i), zero), n - i);
  }
}

/** y = x for x >= 0, slope * x below. */
export function leaky_relu_f32(y: usize, x: usize, n: usize, slope: f32): void {
  for (let i: usize = 0; i < n; i += 4) {
    const v = loadUpTo4(x + (i << 2), n - i);
    const below = f32x4.lt(v, f32x4.splat(0));
    storeUpTo4(y + (i << 2), v128.bitselect(f32x4.mul(v, f32x4.splat(slope)), v, below), n - i);
  }
}

/** y = 1 / (1 + e^-x). */
export function sigmoid_f32(y: usize, x: usize, n: usize): void {
  for (let i: usize = 0; i < n; i += 4)
    storeUpTo4(y + (i << 2), sigmoid(loadUpTo4(x + (i << 2), n - i)), n - i);
}

/** y = tanh x. */
export function tanh_f32(y: usize, x: usize, n: usize): void {
  for (let i: usize = 0; i < n; i += 4) storeUpTo4(y + (i << 2), tanh(loadUpTo4(x + (i << 2), n - i)), n - i);
}

/** tanh(sqrt(2 / pi) (x + 0.044715 x^3)). */
export function geluTanh(x: v128): v128 {
  const cube = f32x4.mul(f32x4.mul(x, x), x);
  return tanh(f32x4.mul(madd(cube, f32x4.splat(GELU_CUBE), x), f32x4.splat(GELU_SCALE)));
}

/** y = x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))); Hendrycks & Gimpel 2016, arXiv:1606.08415. */
export function gelu_f32(y: usize, x: usize, n: usize): void {
  for (let i: usize = 0; i < n; i += 4) {
    const v = loadUpTo4(x + (i << 2), n - i);
    const half = f32x4.mul(v, f32x4.splat(0.5));
    storeUpTo4(y + (i << 2), madd(half, geluTanh(v), half), n - i);
  }
}
