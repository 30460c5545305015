/**
 * Losses with their gradients, over tiles of 8, 16 or 32 lanes. Each returns the sum of the samples' losses in f64,
 * taken in the order of the samples by fours, so that the width of a tile changes no bit.
 */
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
 * x, dx [tiles, classes, lanes]; labels [tiles * lanes] i32, -1 in lanes that hold no sample: no loss, no gradient.
 */
export function softmax_cross_entropy_f32(
  dx: usize,
  x: usize,
  labels: usize,
  classes: usize,
  lanes: usize,
  tiles: usize,
  scale: f32,
): f64 {
  let total: f64 = 0;
  const row = lanes << 2;
  for (; tiles > 0; tiles--) {
    for (let quad: usize = 0; quad < row; quad += 16) {
      const label = v128.load(labels + quad);
      const used = i32x4.ge_s(label, i32x4.splat(0));
      const from = x + quad;
      const top = laneMax(from, classes, row, 4);
      const sum = laneExp(dx + quad, from, classes, row, 4, top);
      let chosen = f32x4.splat(0);
      for (let c: usize = 0; c < classes; c++) {
        const at = c * row + quad;
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
    dx += classes * row;
    x += classes * row;
    labels += row;
  }
  return total;
}

/** Lane mask of the four lanes that begin at sample `first`: all ones where a sample is. */
function usedLanes(first: usize, samples: usize): v128 {
  const lane = i32x4(0, 1, 2, 3);
  return i32x4.lt_s(i32x4.add(lane, i32x4.splat(<i32>first)), i32x4.splat(<i32>samples));
}

/**
 * Mean squared error over the outputs: loss = sum((x - t)^2) / outputs; dx = scale * 2 (x - t) / outputs.
 * x, target, dx [tiles, outputs, lanes]; lanes from `samples` on give no loss and no gradient.
 */
export function mean_squared_error_f32(
  dx: usize,
  x: usize,
  target: usize,
  outputs: usize,
  lanes: usize,
  samples: usize,
  scale: f32,
): f64 {
  let total: f64 = 0;
  const row = lanes << 2;
  const share: f32 = 1 / <f32>outputs;
  for (let s: usize = 0; s < samples; s += lanes) {
    for (let lane: usize = 0; lane < lanes; lane += 4) {
      const used = usedLanes(s + lane, samples);
      let sum = f32x4.splat(0);
      for (let f: usize = 0; f < outputs; f++) {
        const at = f * row + (lane << 2);
        const error = v128.and(f32x4.sub(v128.load(x + at), v128.load(target + at)), used);
        sum = f32x4.add(sum, f32x4.mul(error, error));
        v128.store(dx + at, f32x4.mul(error, f32x4.splat(2 * scale * share)));
      }
      total = addLanes(total, f32x4.mul(sum, f32x4.splat(share)));
    }
    dx += outputs * row;
    x += outputs * row;
    target += outputs * row;
  }
  return total;
}

/**
 * Binary cross-entropy over the outputs, x being probabilities (kept 1e-7 away from 0 and 1):
 * loss = -mean(t log x + (1 - t) log(1 - x)); dx = scale (x - t) / (x (1 - x)) / outputs.
 * x, target, dx [tiles, outputs, lanes]; lanes from `samples` on give no loss and no gradient.
 */
export function binary_cross_entropy_f32(
  dx: usize,
  x: usize,
  target: usize,
  outputs: usize,
  lanes: usize,
  samples: usize,
  scale: f32,
): f64 {
  let total: f64 = 0;
  const row = lanes << 2;
  const share: f32 = 1 / <f32>outputs;
  const one = f32x4.splat(1);
  for (let s: usize = 0; s < samples; s += lanes) {
    for (let lane: usize = 0; lane < lanes; lane += 4) {
      const used = usedLanes(s + lane, samples);
      let sum = f32x4.splat(0);
      for (let f: usize = 0; f < outputs; f++) {
        const at = f * row + (lane << 2);
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
    dx += outputs * row;
    x += outputs * row;
    target += outputs * row;
  }
  return total;
}

/**
 * Softmax and cross-entropy with soft targets: loss = sum t (log(sum e^(x - max)) + max - x);
 * dx = scale (softmax(x) sum(t) - t). x, target, dx [tiles, classes, lanes]; lanes from `samples` on give no loss and no
 * gradient. A target of zero adds nothing, whatever its logit.
 */
export function soft_cross_entropy_f32(
  dx: usize,
  x: usize,
  target: usize,
  classes: usize,
  lanes: usize,
  samples: usize,
  scale: f32,
): f64 {
  let total: f64 = 0;
  const row = lanes << 2;
  for (let s: usize = 0; s < samples; s += lanes) {
    for (let quad: usize = 0; quad < row; quad += 16) {
      const used = usedLanes(s + (quad >> 2), samples);
      const top = laneMax(x + quad, classes, row, 4);
      const sum = laneExp(dx + quad, x + quad, classes, row, 4, top);
      const height = log(sum);
      let loss = f32x4.sub(sum, sum); // log() wants finite lanes: a NaN or infinite logit must not come out as a number.
      let mass = f32x4.splat(0);
      for (let at = quad, end = quad + classes * row; at < end; at += row) {
        const t = v128.load(target + at);
        const surprise = f32x4.mul(t, f32x4.sub(height, f32x4.sub(v128.load(x + at), top)));
        loss = f32x4.add(loss, v128.andnot(surprise, f32x4.eq(t, f32x4.splat(0))));
        mass = f32x4.add(mass, t);
      }
      for (let at = quad, end = quad + classes * row; at < end; at += row) {
        const share = f32x4.div(f32x4.mul(v128.load(dx + at), mass), sum);
        const slope = f32x4.mul(f32x4.sub(share, v128.load(target + at)), f32x4.splat(scale));
        v128.store(dx + at, v128.and(slope, used));
      }
      total = addLanes(total, v128.and(loss, used));
    }
    dx += classes * row;
    x += classes * row;
    target += classes * row;
  }
  return total;
}
