/**
 * Sums over panels of eight samples, for batch normalisation: a channel's pixels one by one in f32, joined in f64. Panels
 * lie in tiles [tiles, channels, plane, lanes], plane in pixels, lanes a multiple of 8; pitch: bytes between pixels. The
 * first `live` places of a panel hold a sample, the rest count nowhere, whatever they hold. Inlined; not exported to
 * JavaScript.
 */
import { madd } from '../simd';

/** All bits of those of four places, from `first` on, that are below `live`. */
export function liveMask(first: i32, live: i32): v128 {
  return i32x4.lt_s(i32x4.add(i32x4.splat(first), i32x4(0, 1, 2, 3)), i32x4.splat(live));
}

/** How many of the eight places of panel p hold a sample. */
export function liveOf(p: usize, samples: usize): i32 {
  return <i32>min<usize>(samples - min(p << 3, samples), 8);
}

/** Where panel p of channel c begins. */
export function panelAt(x: usize, p: usize, c: usize, channels: usize, plane: usize, lanes: usize): usize {
  const parts = lanes >> 3;
  return x + (((p / parts) * channels + c) * plane * lanes + ((p % parts) << 3)) * 4;
}

/** Sum of two times four lanes. */
function sum8(a: v128, b: v128): f64 {
  const x = f64x2.add(f64x2.promote_low_f32x4(a), f64x2.promote_low_f32x4(b));
  const a1 = v128.shuffle<f32>(a, a, 2, 3, 2, 3),
    b1 = v128.shuffle<f32>(b, b, 2, 3, 2, 3);
  const s = f64x2.add(x, f64x2.add(f64x2.promote_low_f32x4(a1), f64x2.promote_low_f32x4(b1)));
  return f64x2.extract_lane(s, 0) + f64x2.extract_lane(s, 1);
}

/** Sum of a panel. */
export function panelSum(x: usize, plane: usize, pitch: usize, live: i32): f64 {
  let s0 = f32x4.splat(0),
    s1 = s0;
  for (; plane > 0; plane--) {
    s0 = f32x4.add(s0, v128.load(x));
    s1 = f32x4.add(s1, v128.load(x, 16));
    x += pitch;
  }
  return sum8(v128.and(s0, liveMask(0, live)), v128.and(s1, liveMask(4, live)));
}

/** Sum of (x - mean)^2 over a panel. */
export function panelSquares(x: usize, plane: usize, pitch: usize, live: i32, mean: f32): f64 {
  const m = f32x4.splat(mean);
  let s0 = f32x4.splat(0),
    s1 = s0;
  for (; plane > 0; plane--) {
    const a = f32x4.sub(v128.load(x), m),
      b = f32x4.sub(v128.load(x, 16), m);
    s0 = madd(a, a, s0);
    s1 = madd(b, b, s1);
    x += pitch;
  }
  return sum8(v128.and(s0, liveMask(0, live)), v128.and(s1, liveMask(4, live)));
}

/** Sum of dy * (x - mean) over a panel. */
export function panelDots(dy: usize, x: usize, plane: usize, pitch: usize, live: i32, mean: f32): f64 {
  const m = f32x4.splat(mean);
  let s0 = f32x4.splat(0),
    s1 = s0;
  for (; plane > 0; plane--) {
    s0 = madd(v128.load(dy), f32x4.sub(v128.load(x), m), s0);
    s1 = madd(v128.load(dy, 16), f32x4.sub(v128.load(x, 16), m), s1);
    x += pitch;
    dy += pitch;
  }
  return sum8(v128.and(s0, liveMask(0, live)), v128.and(s1, liveMask(4, live)));
}
