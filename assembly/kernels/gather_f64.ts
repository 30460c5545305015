/** Parts of a symmetric matrix g [size, size] f64, both halves, by lists of u32 indices. */

/** a [n, n] = g at list x list, the lower half, with `ridge` added to the diagonal; what is above it stays. */
export function gather_lower_f64(a: usize, g: usize, size: usize, list: usize, n: usize, ridge: f64): void {
  for (let i: usize = 0; i < n; i++) {
    const from = g + ((<usize>load<u32>(list + (i << 2)) * size) << 3);
    const to = a + ((i * n) << 3);
    for (let j: usize = 0; j <= i; j++) {
      store<f64>(to + (j << 3), load<f64>(from + ((<usize>load<u32>(list + (j << 2))) << 3)));
    }
    store<f64>(to + (i << 3), load<f64>(to + (i << 3)) + ridge);
  }
}

/** y [n] f64 = g at list x others, times w [m] f64. */
export function gather_product_f64(
  y: usize,
  g: usize,
  size: usize,
  list: usize,
  n: usize,
  others: usize,
  w: usize,
  m: usize,
): void {
  for (let i: usize = 0; i < n; i++) {
    const from = g + ((<usize>load<u32>(list + (i << 2)) * size) << 3);
    let sum: f64 = 0;
    for (let k: usize = 0; k < m; k++) {
      const at = <usize>load<u32>(others + (k << 2));
      sum += load<f64>(from + (at << 3)) * load<f64>(w + (k << 3));
    }
    store<f64>(y + (i << 3), sum);
  }
}
