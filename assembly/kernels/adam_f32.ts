/** Adam and AdamW, one step over n elements. */
import { madd } from '../simd';

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
  const end = w + (n << 2);
  const end8 = w + ((n & ~7) << 2);
  // Two vectors at once: V8 makes the constants anew in every turn, and their roots and quotients overlap.
  for (; w < end8; w += 32) {
    const weight0 = v128.load(w),
      weight1 = v128.load(w, 16);
    const gradient0 = madd(weight0, coupled, v128.load(g)),
      gradient1 = madd(weight1, coupled, v128.load(g, 16));
    const square0 = madd(v128.load(v), b2, f32x4.mul(f32x4.mul(gradient0, gradient0), c2)),
      square1 = madd(v128.load(v, 16), b2, f32x4.mul(f32x4.mul(gradient1, gradient1), c2));
    v128.store(v, square0);
    v128.store(v, square1, 16);
    const mean0 = madd(v128.load(m), b1, f32x4.mul(gradient0, c1)),
      mean1 = madd(v128.load(m, 16), b1, f32x4.mul(gradient1, c1));
    v128.store(m, mean0);
    v128.store(m, mean1, 16);
    const move0 = f32x4.div(f32x4.mul(step, mean0), madd(f32x4.sqrt(square0), correction, small)),
      move1 = f32x4.div(f32x4.mul(step, mean1), madd(f32x4.sqrt(square1), correction, small));
    v128.store(w, f32x4.sub(f32x4.mul(weight0, shrink), move0));
    v128.store(w, f32x4.sub(f32x4.mul(weight1, shrink), move1), 16);
    g += 32;
    m += 32;
    v += 32;
  }
  for (; w < end; w += 4) {
    const weight = load<f32>(w);
    const gradient = weight * l2 + load<f32>(g);
    const mean = load<f32>(m) * beta1 + gradient * (1 - beta1);
    const square = load<f32>(v) * beta2 + gradient * gradient * (1 - beta2);
    store<f32>(m, mean);
    store<f32>(v, square);
    store<f32>(w, weight * (1 - decay) - (rate * mean) / (sqrt<f32>(square) * root + epsilon));
    g += 4;
    m += 4;
    v += 4;
  }
}
