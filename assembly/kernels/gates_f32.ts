/** Hard-concrete gates, one a column of a weight. Louizos, Welling & Kingma 2018, arXiv:1712.01312. */
import { log, sigmoid } from '../math';
import { loadUpTo4, madd, storeUpTo4 } from '../simd';

// Temperature, and the ends of the interval that the unit interval is stretched to: the paper's values.
const BETA: f32 = 2.0 / 3.0;
const GAMMA: f32 = -0.1;
const WIDTH: f32 = 1.2;
/** -BETA log(-GAMMA / 1.1): what separates P(z > 0) from the sigmoid of log alpha. */
const SHIFT: f32 = 1.59859684853;

/** y [n] = log x - log(1 - x), for 0 < x < 1; y may be x. */
export function logit_f32(y: usize, x: usize, n: usize): void {
  const one = f32x4.splat(1);
  for (let i: usize = 0; i < n; i += 4) {
    const at = i << 2;
    // Lanes beyond the end hold 0, whose logarithm is never stored.
    const u = loadUpTo4(x + at, n - i);
    storeUpTo4(y + at, f32x4.sub(log(u), log(f32x4.sub(one, u))), n - i);
  }
}

/** s stretched to [-0.1, 1.1], and cut to [0, 1]. */
function stretched(s: v128): v128 {
  const wide = madd(s, f32x4.splat(WIDTH), f32x4.splat(GAMMA));
  return f32x4.min(f32x4.max(wide, f32x4.splat(0)), f32x4.splat(1));
}

/**
 * A sample of gates: s = sigmoid((noise + a) / beta), z = s stretched to [-0.1, 1.1] and cut to [0, 1]; dz = dz / da, 0 where
 * it is cut. a (log alpha), noise (a logit of uniform numbers), z, dz [n]; dz may be the noise.
 */
export function hard_concrete_f32(z: usize, dz: usize, a: usize, noise: usize, n: usize): void {
  const one = f32x4.splat(1);
  const zero = f32x4.splat(0);
  for (let i: usize = 0; i < n; i += 4) {
    const at = i << 2;
    const left = n - i;
    const sum = f32x4.add(loadUpTo4(noise + at, left), loadUpTo4(a + at, left));
    const s = sigmoid(f32x4.div(sum, f32x4.splat(BETA)));
    const gate = stretched(s);
    const slope = f32x4.mul(f32x4.mul(s, f32x4.sub(one, s)), f32x4.splat(WIDTH / BETA));
    const inside = v128.and(f32x4.gt(gate, zero), f32x4.lt(gate, one));
    storeUpTo4(z + at, gate, left);
    storeUpTo4(dz + at, v128.and(slope, inside), left);
  }
}

/** Gates as they are outside training: z = sigmoid(a) stretched to [-0.1, 1.1] and cut to [0, 1]; [n]. */
export function hard_concrete_mean_f32(z: usize, a: usize, n: usize): void {
  for (let i: usize = 0; i < n; i += 4) {
    const at = i << 2;
    storeUpTo4(z + at, stretched(sigmoid(loadUpTo4(a + at, n - i))), n - i);
  }
}

/**
 * da [n] = d dz + lambda p (1 - p), p = sigmoid(a + 1.5986) = P(z > 0): the gradient of log alpha from that of the gate, d,
 * and from the penalty lambda sum(p). da may be d.
 */
export function hard_concrete_grad_f32(
  da: usize,
  d: usize,
  dz: usize,
  a: usize,
  n: usize,
  lambda: f32,
): void {
  const one = f32x4.splat(1);
  for (let i: usize = 0; i < n; i += 4) {
    const at = i << 2;
    const left = n - i;
    const p = sigmoid(f32x4.add(loadUpTo4(a + at, left), f32x4.splat(SHIFT)));
    const penalty = f32x4.mul(f32x4.splat(lambda), f32x4.mul(p, f32x4.sub(one, p)));
    storeUpTo4(da + at, madd(loadUpTo4(d + at, left), loadUpTo4(dz + at, left), penalty), left);
  }
}

/** y [rows, cols] = x times z [cols] of the column; y may be x. */
export function scale_columns_f32(y: usize, x: usize, z: usize, rows: usize, cols: usize): void {
  for (let row: usize = 0; row < rows; row++) {
    for (let i: usize = 0; i < cols; i += 4) {
      const at = i << 2;
      const left = cols - i;
      storeUpTo4(y + at, f32x4.mul(loadUpTo4(x + at, left), loadUpTo4(z + at, left)), left);
    }
    y += cols << 2;
    x += cols << 2;
  }
}

/** d [cols] = sum of g w over the rows, in their order; g, w [rows, cols]. */
export function column_dots_f32(d: usize, g: usize, w: usize, rows: usize, cols: usize): void {
  const rowBytes = cols << 2;
  for (let i: usize = 0; i < cols; i += 4) {
    const left = cols - i;
    let sum = f32x4.splat(0);
    let at = i << 2;
    for (let row: usize = 0; row < rows; row++) {
      sum = madd(loadUpTo4(g + at, left), loadUpTo4(w + at, left), sum);
      at += rowBytes;
    }
    storeUpTo4(d + (i << 2), sum, left);
  }
}

/** mask [rows, cols] = base where z [cols] of the column is > 0, else 0; bytes 0 and 1. */
export function column_mask(mask: usize, base: usize, z: usize, rows: usize, cols: usize): void {
  for (let row: usize = 0; row < rows; row++) {
    for (let j: usize = 0; j < cols; j++) {
      const open: u8 = load<f32>(z + (j << 2)) > 0 ? 1 : 0;
      store<u8>(mask + j, load<u8>(base + j) & open);
    }
    mask += cols;
    base += cols;
  }
}
