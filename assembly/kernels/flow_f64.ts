/** Products with the sizes of weights, in float64: what SynFlow passes through a network. */

/** Sum of |w| [n] f32 * x [n] f64. */
function dot(w: usize, x: usize, n: usize): f64 {
  let sums = f64x2.splat(0);
  let i: usize = 0;
  for (const even = n & ~1; i < even; i += 2) {
    const pair = f64x2.promote_low_f32x4(f32x4.abs(v128.load64_zero(w + (i << 2))));
    sums = f64x2.add(sums, f64x2.mul(pair, v128.load(x + (i << 3))));
  }
  let sum = f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
  if (i < n) sum += Math.abs(<f64>load<f32>(w + (i << 2))) * load<f64>(x + (i << 3));
  return sum;
}

/** x [n] f64 += factor * |w| [n] f32. */
function add_sizes(x: usize, w: usize, factor: f64, n: usize): void {
  const both = f64x2.splat(factor);
  let i: usize = 0;
  for (const even = n & ~1; i < even; i += 2) {
    const pair = f64x2.promote_low_f32x4(f32x4.abs(v128.load64_zero(w + (i << 2))));
    const p = x + (i << 3);
    v128.store(p, f64x2.add(v128.load(p), f64x2.mul(pair, both)));
  }
  if (i < n) {
    const p = x + (i << 3);
    store<f64>(p, load<f64>(p) + Math.abs(<f64>load<f32>(w + (i << 2))) * factor);
  }
}

/** windows [count, k] f64: value j of window p is the double at x + bases[p] + offsets[j], u32 byte offsets. */
export function flow_windows_f64(
  windows: usize,
  x: usize,
  offsets: usize,
  bases: usize,
  k: usize,
  count: usize,
): void {
  for (let p: usize = 0; p < count; p++) {
    const from = x + <usize>load<u32>(bases + (p << 2));
    for (let j: usize = 0; j < k; j++) {
      store<f64>(windows, load<f64>(from + <usize>load<u32>(offsets + (j << 2))));
      windows += 8;
    }
  }
}

/**
 * y [rows, count] f64 = |W| · x for `count` windows x [count, cols] f64. W [rows, cols] f32; rows of y stand `stride` doubles
 * apart. A dense layer has one window.
 */
export function flow_forward_f64(
  y: usize,
  w: usize,
  x: usize,
  rows: usize,
  cols: usize,
  count: usize,
  stride: usize,
): void {
  for (let row: usize = 0; row < rows; row++) {
    const from = w + ((row * cols) << 2);
    const to = y + ((row * stride) << 3);
    for (let p: usize = 0; p < count; p++) store<f64>(to + (p << 3), dot(from, x + ((p * cols) << 3), cols));
  }
}

/** x [count, cols] f64 = |W|^T · y, sizes as in flow_forward_f64. */
export function flow_backward_f64(
  x: usize,
  w: usize,
  y: usize,
  rows: usize,
  cols: usize,
  count: usize,
  stride: usize,
): void {
  memory.fill(x, 0, (count * cols) << 3);
  for (let p: usize = 0; p < count; p++) {
    const to = x + ((p * cols) << 3);
    for (let row: usize = 0; row < rows; row++) {
      add_sizes(to, w + ((row * cols) << 2), load<f64>(y + ((row * stride + p) << 3)), cols);
    }
  }
}

/** The way back of flow_windows_f64: x += windows, value by value. */
export function flow_fold_f64(
  x: usize,
  windows: usize,
  offsets: usize,
  bases: usize,
  k: usize,
  count: usize,
): void {
  for (let p: usize = 0; p < count; p++) {
    const to = x + <usize>load<u32>(bases + (p << 2));
    for (let j: usize = 0; j < k; j++) {
      const at = to + <usize>load<u32>(offsets + (j << 2));
      store<f64>(at, load<f64>(at) + load<f64>(windows));
      windows += 8;
    }
  }
}

/** g [rows, cols] f64 += scale * sum over windows p of y_p · x_p^T, sizes as in flow_forward_f64. */
export function flow_weights_f64(
  g: usize,
  y: usize,
  x: usize,
  rows: usize,
  cols: usize,
  count: usize,
  stride: usize,
  scale: f64,
): void {
  for (let row: usize = 0; row < rows; row++) {
    const to = g + ((row * cols) << 3);
    for (let p: usize = 0; p < count; p++) {
      const factor = load<f64>(y + ((row * stride + p) << 3)) * scale;
      const from = x + ((p * cols) << 3);
      for (let j: usize = 0; j < cols; j++) {
        const at = to + (j << 3);
        store<f64>(at, load<f64>(at) + load<f64>(from + (j << 3)) * factor);
      }
    }
  }
}
