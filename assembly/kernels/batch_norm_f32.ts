/**
 * Batch normalisation while training (Ioffe and Szegedy 2015, arXiv:1502.03167, algorithm 1).
 *
 * x, y [tiles, channels, plane, lanes], plane in pixels, lanes a multiple of 8; what belongs to a channel [channels].
 * `samples` of the tiles * lanes places hold one; the rest, at the end, count nowhere, whatever they hold. Panels of
 * eight samples are added one after the other: the width of a tile changes no bit.
 */
import { madd } from '../simd';
import { liveOf, panelAt, panelSquares, panelSum } from './panel_sums_f32';

/**
 * mean[c], inverse[c] = 1 / sqrt(variance + epsilon) over all samples and pixels (biased, two passes), and
 * y = (x - mean) * inverse * scale + shift, in places without a sample too. samples >= 1.
 */
export function batch_norm_f32(
  y: usize,
  x: usize,
  scale: usize,
  shift: usize,
  mean: usize,
  inverse: usize,
  channels: usize,
  plane: usize,
  lanes: usize,
  tiles: usize,
  samples: usize,
  epsilon: f32,
): void {
  const pitch = lanes << 2;
  const panels = (samples + 7) >> 3;
  const count = <f64>samples * <f64>plane;
  for (let c: usize = 0; c < channels; c++) {
    const at = c << 2;
    let sum: f64 = 0;
    for (let p: usize = 0; p < panels; p++) {
      sum += panelSum(panelAt(x, p, c, channels, plane, lanes), plane, pitch, liveOf(p, samples));
    }
    const m = <f32>(sum / count);
    let squares: f64 = 0;
    for (let p: usize = 0; p < panels; p++) {
      squares += panelSquares(panelAt(x, p, c, channels, plane, lanes), plane, pitch, liveOf(p, samples), m);
    }
    const i = <f32>(1 / sqrt<f64>(squares / count + <f64>epsilon));
    store<f32>(mean + at, m);
    store<f32>(inverse + at, i);
    const factor = f32x4.splat(i * load<f32>(scale + at));
    const offset = v128.load32_splat(shift + at);
    const middle = f32x4.splat(m);
    for (let t: usize = 0; t < tiles; t++) {
      const first = (t * channels + c) * plane * pitch;
      let to = y + first;
      for (let from = x + first, end = from + plane * pitch; from < end; from += 16) {
        v128.store(to, madd(f32x4.sub(v128.load(from), middle), factor, offset));
        to += 16;
      }
    }
  }
}

/**
 * running = (1 - momentum) * running + momentum * batch, for mean and variance, in f64. The variance of the batch follows
 * from `inverse` and is made unbiased: * count / (count - 1), count = samples * pixels; a count of 1 leaves it biased.
 */
export function batch_norm_running_f32(
  runningMean: usize,
  runningVariance: usize,
  mean: usize,
  inverse: usize,
  channels: usize,
  count: usize,
  epsilon: f32,
  momentum: f32,
): void {
  const unbiased = count > 1 ? <f64>count / (<f64>count - 1) : 1;
  const rate = <f64>momentum;
  for (let at: usize = 0; at < channels << 2; at += 4) {
    const i = <f64>load<f32>(inverse + at);
    const variance = max<f64>(1 / (i * i) - <f64>epsilon, 0) * unbiased; // rounding may leave less than nothing
    const oldMean = <f64>load<f32>(runningMean + at);
    const oldVariance = <f64>load<f32>(runningVariance + at);
    store<f32>(runningMean + at, <f32>((1 - rate) * oldMean + rate * <f64>load<f32>(mean + at)));
    store<f32>(runningVariance + at, <f32>((1 - rate) * oldVariance + rate * variance));
  }
}
