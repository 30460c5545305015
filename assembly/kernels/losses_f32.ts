/** Losses with their gradients, over tiles of eight lanes. Each returns the sum of the samples' losses in f64. */
import { log } from '../math';
import { laneExp, laneMax } from './softmax_f32';

function addLanes(sum: f64, x: v128): f64 {
  const low = f64x2.promote_low_f32x4(x);
  const high = f64x2.promote_low_f32x4(v128.shuffle<f32>(x, x, 2, 3, 2, 3));
  return (
    sum +
    f64x2.extract_lane(low, 0) +
    f64x2.extract_lane(low, 1) +
    f64x2.extract_lane(high, 0) +
    f64x2.extract_lane(high, 1)
  );
}

/**
 * Softmax and cross-entropy: loss = log(sum e^(x - max)) + max - x[label]; dx = scale (softmax(x) - onehot(label)).
 *
 * x, dx [tiles, classes, 8]; labels [tiles * 8] i32, -1 in lanes that hold no sample: no loss, no gradient.
 */
export function softmax_cross_entropy_f32(
  dx: usize,
  x: usize,
  labels: usize,
  classes: usize,
  tiles: usize,
  scale: f32,
): f64 {
  let total: f64 = 0;
  for (; tiles > 0; tiles--) {
    for (let half: usize = 0; half < 32; half += 16) {
      const label = v128.load(labels + half);
      const used = i32x4.ge_s(label, i32x4.splat(0));
      const from = x + half;
      const top = laneMax(from, classes, 32, 4);
      const sum = laneExp(dx + half, from, classes, 32, 4, top);
      let chosen = f32x4.splat(0);
      for (let c: usize = 0; c < classes; c++) {
        const at = (c << 5) + half;
        const hit = i32x4.eq(label, i32x4.splat(<i32>c));
        chosen = v128.bitselect(v128.load(x + at), chosen, hit);
        const share = f32x4.sub(f32x4.div(v128.load(dx + at), sum), v128.and(hit, f32x4.splat(1)));
        v128.store(dx + at, v128.and(f32x4.mul(share, f32x4.splat(scale)), used));
      }
      const loss = f32x4.sub(f32x4.add(log(sum), top), chosen);
      // log() wants finite lanes: a NaN or infinite logit must not come out as a number.
      const broken = f32x4.sub(sum, sum);
      total = addLanes(total, v128.and(f32x4.add(loss, broken), used));
    }
    dx += classes << 5;
    x += classes << 5;
    labels += 32;
  }
  return total;
}

/** Lane mask of the half tile that begins at sample `first`: all ones where a sample is. */
function usedLanes(first: usize, samples: usize): v128 {
  const lane = i32x4(0, 1, 2, 3);
  return i32x4.lt_s(i32x4.add(lane, i32x4.splat(<i32>first)), i32x4.splat(<i32>samples));
}

/**
 * Mean squared error over the outputs: loss = sum((x - t)^2) / outputs; dx = scale * 2 (x - t) / outputs.
 * x, target, dx [tiles, outputs, 8]; lanes from `samples` on give no loss and no gradient.
 */
export function mean_squared_error_f32(
  dx: usize,
  x: usize,
  target: usize,
  outputs: usize,
  samples: usize,
  scale: f32,
): f64 {
  let total: f64 = 0;
  const share: f32 = 1 / <f32>outputs;
  for (let s: usize = 0; s < samples; s += 8) {
    for (let half: usize = 0; half < 2; half++) {
      const used = usedLanes(s + (half << 2), samples);
      let sum = f32x4.splat(0);
      for (let f: usize = 0; f < outputs; f++) {
        const at = (f << 5) + (half << 4);
        const error = v128.and(f32x4.sub(v128.load(x + at), v128.load(target + at)), used);
        sum = f32x4.add(sum, f32x4.mul(error, error));
        v128.store(dx + at, f32x4.mul(error, f32x4.splat(2 * scale * share)));
      }
      total = addLanes(total, f32x4.mul(sum, f32x4.splat(share)));
    }
    dx += outputs << 5;
    x += outputs << 5;
    target += outputs << 5;
  }
  return total;
}

/**
 * Binary cross-entropy over the outputs, x being probabilities (kept 1e-7 away from 0 and 1):
 * loss = -mean(t log x + (1 - t) log(1 - x)); dx = scale (x - t) / (x (1 - x)) / outputs.
 * x, target, dx [tiles, outputs, 8]; lanes from `samples` on give no loss and no gradient.
 */
export function binary_cross_entropy_f32(
  dx: usize,
  x: usize,
  target: usize,
  outputs: usize,
  samples: usize,
  scale: f32,
): f64 {
  let total: f64 = 0;
  const share: f32 = 1 / <f32>outputs;
  const one = f32x4.splat(1);
  for (let s: usize = 0; s < samples; s += 8) {
    for (let half: usize = 0; half < 2; half++) {
      const used = usedLanes(s + (half << 2), samples);
      let sum = f32x4.splat(0);
      for (let f: usize = 0; f < outputs; f++) {
        const at = (f << 5) + (half << 4);
        const t = v128.load(target + at);
        const raw = v128.load(x + at);
        const p = f32x4.min(f32x4.max(raw, f32x4.splat(1e-7)), f32x4.splat(0.9999999));
        const q = f32x4.sub(one, p);
        const loss = f32x4.add(f32x4.mul(t, log(p)), f32x4.mul(f32x4.sub(one, t), log(q)));
        // log() wants numbers: NaN in, NaN out.
        sum = f32x4.sub(sum, v128.and(f32x4.add(loss, f32x4.sub(raw, raw)), used));
        const slope = f32x4.div(f32x4.sub(p, t), f32x4.mul(p, q));
        v128.store(dx + at, v128.and(f32x4.mul(slope, f32x4.splat(scale * share)), used));
      }
      total = addLanes(total, f32x4.mul(sum, f32x4.splat(share)));
    }
    dx += outputs << 5;
    x += outputs << 5;
    target += outputs << 5;
  }
  return total;
}
