/** Adam and AdamW, one step over n elements. */
import { loadUpTo4, madd, storeUpTo4 } from '../simd';

/**
 * g' = g + l2 w; m = b1 m + (1 - b1) g'; v = b2 v + (1 - b2) g'^2; w -= decay w + rate m / (sqrt(v) root + epsilon).
 *
 * Kingma & Ba 2014, arXiv:1412.6980, algorithm 1, with rate = learningRate / (1 - b1^t) and
 * root = 1 / sqrt(1 - b2^t); decay = learningRate * weightDecay gives AdamW (Loshchilov & Hutter 2017,
 * arXiv:1711.05101). w, g, m, v [n].
 */
export function adam_f32(
  w: usize,
  g: usize,
  m: usize,
  v: usize,
  n: usize,
  rate: f32,
  beta1: f32,
  beta2: f32,
  epsilon: f32,
  root: f32,
  l2: f32,
  decay: f32,
): void {
  const b1 = f32x4.splat(beta1),
    c1 = f32x4.splat(1 - beta1);
  const b2 = f32x4.splat(beta2),
    c2 = f32x4.splat(1 - beta2);
  const step = f32x4.splat(rate),
    small = f32x4.splat(epsilon),
    correction = f32x4.splat(root);
  const coupled = f32x4.splat(l2),
    shrink = f32x4.splat(1 - decay);
  for (let i: usize = 0; i < n; i += 4) {
    const at = i << 2;
    const left = n - i;
    const weight = loadUpTo4(w + at, left);
    const gradient = madd(weight, coupled, loadUpTo4(g + at, left));
    const mean = madd(loadUpTo4(m + at, left), b1, f32x4.mul(gradient, c1));
    const square = madd(loadUpTo4(v + at, left), b2, f32x4.mul(f32x4.mul(gradient, gradient), c2));
    storeUpTo4(m + at, mean, left);
    storeUpTo4(v + at, square, left);
    const move = f32x4.div(f32x4.mul(step, mean), madd(f32x4.sqrt(square), correction, small));
    storeUpTo4(w + at, f32x4.sub(f32x4.mul(weight, shrink), move), left);
  }
}
