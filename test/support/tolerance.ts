/** How close a float32 result must come to its float64 twin. */

/** Distance between 1 and the next float32. */
export const EPS = 2 ** -23;

/** Smallest normal float32; below it float32 has no relative precision to speak of. */
export const TINY = 2 ** -126;

/** A bound on |actual - expected|, which may depend on the expected value and its index. 0: the same bits. */
export type Tolerance = number | ((expected: number, index: number) => number);

/** The largest absolute value, 0 for none. */
export function maxAbs(values: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) most = Math.max(most, Math.abs(values[i]!));
  return most;
}

/** For sums of k products none of which is larger than `maxProduct`: XNNPACK's bound. */
export function productTolerance(maxProduct: number, k: number): number {
  return maxProduct * (k * EPS + EPS) + EPS;
}

/** Distance between |x| and the next float32. */
export function ulp(x: number): number {
  return 2 ** Math.max(-149, Math.floor(Math.log2(Math.abs(x))) - 23);
}

/** `count` units in the last place of the expected value, and below the normal range `count` times TINY. */
export function ulps(count: number): (expected: number) => number {
  return (expected) => count * (Math.abs(expected) < TINY ? TINY : ulp(expected));
}

/** |actual - expected| <= count * EPS * |expected| + floor. */
export function relative(count: number, floor = TINY): (expected: number) => number {
  return (expected) => count * EPS * Math.abs(expected) + floor;
}

/** Whether a float32 result agrees with its twin. NaN agrees with NaN only; tolerance 0 tells -0 from +0. */
export function agrees(actual: number, expected: number, tolerance: Tolerance, index = 0): boolean {
  if (Object.is(actual, Math.fround(expected))) return true;
  const bound = typeof tolerance === 'number' ? tolerance : tolerance(expected, index);
  return bound > 0 && Math.abs(actual - expected) <= bound;
}
