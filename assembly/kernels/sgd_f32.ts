/** Stochastic gradient descent, one step over n elements. */
import { loadUpTo4, madd, storeUpTo4 } from '../simd';

/**
 * g' = g + weightDecay w; v = momentum v + g'; w -= learningRate (nesterov ? g' + momentum v : v).
 * Sutskever et al. 2013. w, g [n]; v [n], or 0 for no momentum: w -= learningRate g'.
 */
export function sgd_f32(
  w: usize,
  g: usize,
  v: usize,
  n: usize,
  learningRate: f32,
  momentum: f32,
  nesterov: i32,
  weightDecay: f32,
): void {
  const rate = f32x4.splat(learningRate);
  const decay = f32x4.splat(weightDecay);
  const mu = f32x4.splat(momentum);
  for (let i: usize = 0; i < n; i += 4) {
    const at = i << 2;
    const left = n - i;
    const weight = loadUpTo4(w + at, left);
    let step = madd(weight, decay, loadUpTo4(g + at, left));
    if (v) {
      const velocity = madd(loadUpTo4(v + at, left), mu, step);
      storeUpTo4(v + at, velocity, left);
      step = nesterov ? madd(velocity, mu, step) : velocity;
    }
    storeUpTo4(w + at, f32x4.sub(weight, f32x4.mul(rate, step)), left);
  }
}
