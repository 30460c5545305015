/** Inline helpers over v128; nothing here is exported to JavaScript. */

/**
 * a · b + c, lane by lane, rounded twice: the same bits on every machine. The `relaxed` build may fuse the two, with
 * one rounding, where the processor can: faster there, and other bits on other machines.
 */
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** x < low ? low : x; keeps NaN and -0, so that low = 0 is ReLU and low = -Infinity changes nothing. */
export function atLeast(x: v128, low: v128): v128 {
  return f32x4.pmax(x, low);
}

/** Sum of the four lanes: (0 + 2) + (1 + 3). */
export function sumLanes(x: v128): f32 {
  const pair = f32x4.add(x, v128.shuffle<f32>(x, x, 2, 3, 0, 1));
  return f32x4.extract_lane(pair, 0) + f32x4.extract_lane(pair, 1);
}

/** [sum a, sum b, sum c, sum d]. */
export function sumLanes4(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(v128.shuffle<f32>(a, b, 0, 4, 1, 5), v128.shuffle<f32>(a, b, 2, 6, 3, 7));
  const cd = f32x4.add(v128.shuffle<f32>(c, d, 0, 4, 1, 5), v128.shuffle<f32>(c, d, 2, 6, 3, 7));
  return f32x4.add(v128.shuffle<f32>(ab, cd, 0, 1, 4, 5), v128.shuffle<f32>(ab, cd, 2, 3, 6, 7));
}

/** Loads `count` (1 to 3) floats; the other lanes are zero. */
export function loadTail(p: usize, count: usize): v128 {
  let x = v128.load32_zero(p);
  if (count > 1) x = v128.load_lane<u32>(p, x, 1, 4);
  if (count > 2) x = v128.load_lane<u32>(p, x, 2, 8);
  return x;
}

/** Stores the first `count` (1 to 3) lanes. */
export function storeTail(p: usize, x: v128, count: usize): void {
  v128.store_lane<u32>(p, x, 0);
  if (count > 1) v128.store_lane<u32>(p, x, 1, 4);
  if (count > 2) v128.store_lane<u32>(p, x, 2, 8);
}

/** Loads four floats, or the `count` that are left. */
export function loadUpTo4(p: usize, count: usize): v128 {
  return count >= 4 ? v128.load(p) : loadTail(p, count);
}

/** Stores four lanes, or the first `count`. */
export function storeUpTo4(p: usize, x: v128, count: usize): void {
  if (count >= 4) v128.store(p, x);
  else storeTail(p, x, count);
}
