/** Gradients of batch normalisation; layouts and sums are those of batch_norm_f32. */
import { liveMask, liveOf, panelAt, panelDots, panelSum } from './panel_sums_f32';

/** dx = factor * (dy - dyMean - (x - mean) * slope) for one panel, 0 where there is no sample. */
function panelGradient(
  dx: usize,
  dy: usize,
  x: usize,
  plane: usize,
  pitch: usize,
  live: i32,
  factor: f32,
  dyMean: f32,
  mean: f32,
  slope: f32,
): void {
  const low = liveMask(0, live),
    high = liveMask(4, live);
  for (; plane > 0; plane--) {
    let g = f32x4.sub(v128.load(dy), f32x4.splat(dyMean));
    g = f32x4.sub(g, f32x4.mul(f32x4.sub(v128.load(x), f32x4.splat(mean)), f32x4.splat(slope)));
    v128.store(dx, v128.and(f32x4.mul(g, f32x4.splat(factor)), low));
    g = f32x4.sub(v128.load(dy, 16), f32x4.splat(dyMean));
    g = f32x4.sub(g, f32x4.mul(f32x4.sub(v128.load(x, 16), f32x4.splat(mean)), f32x4.splat(slope)));
    v128.store(dx, v128.and(f32x4.mul(g, f32x4.splat(factor)), high), 16);
    dx += pitch;
    dy += pitch;
    x += pitch;
  }
}

/**
 * dshift = sum of dy, dscale = sum of dy * xhat with xhat = (x - mean) * inverse, and, over N = samples * plane,
 * dx = scale * inverse / N * (N dy - dshift - xhat * dscale), 0 in places without a sample.
 * dx may be dy, or 0 for none; samples >= 1.
 */
export function batch_norm_grad_f32(
  dx: usize,
  dscale: usize,
  dshift: usize,
  dy: usize,
  x: usize,
  scale: usize,
  mean: usize,
  inverse: usize,
  channels: usize,
  plane: usize,
  lanes: usize,
  tiles: usize,
  samples: usize,
): void {
  const pitch = lanes << 2;
  const panels = (tiles * lanes) >> 3;
  const count = <f64>samples * <f64>plane;
  for (let c: usize = 0; c < channels; c++) {
    const at = c << 2;
    const m = load<f32>(mean + at);
    const i = load<f32>(inverse + at);
    let sum: f64 = 0,
      dots: f64 = 0;
    for (let p: usize = 0; p < panels; p++) {
      const live = liveOf(p, samples);
      const from = panelAt(dy, p, c, channels, plane, lanes);
      sum += panelSum(from, plane, pitch, live);
      dots += panelDots(from, panelAt(x, p, c, channels, plane, lanes), plane, pitch, live, m);
    }
    const dot = dots * <f64>i;
    store<f32>(dshift + at, <f32>sum);
    store<f32>(dscale + at, <f32>dot);
    if (dx == 0) continue;
    const factor = load<f32>(scale + at) * i;
    const dyMean = <f32>(sum / count);
    const slope = <f32>((dot / count) * <f64>i);
    for (let p: usize = 0; p < panels; p++) {
      const first = panelAt(0, p, c, channels, plane, lanes);
      const live = liveOf(p, samples);
      panelGradient(dx + first, dy + first, x + first, plane, pitch, live, factor, dyMean, m, slope);
    }
  }
}

/**
 * The gradient where mean and variance are constants (running statistics): dx = dy * scale / sqrt(variance + epsilon),
 * dshift = sum of dy, dscale = sum of dy * xhat. dy is 0 and x finite where there is no sample. dx may be dy, or 0 for none.
 */
export function batch_norm_frozen_grad_f32(
  dx: usize,
  dscale: usize,
  dshift: usize,
  dy: usize,
  x: usize,
  scale: usize,
  mean: usize,
  variance: usize,
  channels: usize,
  plane: usize,
  lanes: usize,
  tiles: usize,
  epsilon: f32,
): void {
  const pitch = lanes << 2;
  const panels = (tiles * lanes) >> 3;
  for (let c: usize = 0; c < channels; c++) {
    const at = c << 2;
    const m = load<f32>(mean + at);
    const i = <f32>(1 / sqrt<f64>(<f64>load<f32>(variance + at) + <f64>epsilon));
    let sum: f64 = 0,
      dots: f64 = 0;
    for (let p: usize = 0; p < panels; p++) {
      const from = panelAt(dy, p, c, channels, plane, lanes);
      sum += panelSum(from, plane, pitch, 8);
      dots += panelDots(from, panelAt(x, p, c, channels, plane, lanes), plane, pitch, 8, m);
    }
    store<f32>(dshift + at, <f32>sum);
    store<f32>(dscale + at, <f32>(dots * <f64>i));
    if (dx == 0) continue;
    const factor = f32x4.splat(load<f32>(scale + at) * i);
    for (let t: usize = 0; t < tiles; t++) {
      const first = (t * channels + c) * plane * pitch;
      let to = dx + first;
      for (let from = dy + first, end = from + plane * pitch; from < end; from += 16) {
        v128.store(to, f32x4.mul(v128.load(from), factor));
        to += 16;
      }
    }
  }
}
