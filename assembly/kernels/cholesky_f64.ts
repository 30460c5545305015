/** Symmetric positive definite matrices in float64: row-major [n, n], of which only the lower half is read and written. */

/** Sum of a [n] * b [n]. */
export function dot_f64(a: usize, b: usize, n: usize): f64 {
  let first = f64x2.splat(0);
  let second = first;
  let i: usize = 0;
  for (const whole = n & ~3; i < whole; i += 4) {
    const at = i << 3;
    first = f64x2.add(first, f64x2.mul(v128.load(a + at), v128.load(b + at)));
    second = f64x2.add(second, f64x2.mul(v128.load(a + at, 16), v128.load(b + at, 16)));
  }
  first = f64x2.add(first, second);
  let sum = f64x2.extract_lane(first, 0) + f64x2.extract_lane(first, 1);
  for (; i < n; i++) sum += load<f64>(a + (i << 3)) * load<f64>(b + (i << 3));
  return sum;
}

/** y [n] += factor * x [n]. */
export function axpy_f64(y: usize, x: usize, n: usize, factor: f64): void {
  const f = f64x2.splat(factor);
  let i: usize = 0;
  for (const whole = n & ~3; i < whole; i += 4) {
    const at = i << 3;
    const low = f64x2.add(v128.load(y + at), f64x2.mul(v128.load(x + at), f));
    const high = f64x2.add(v128.load(y + at, 16), f64x2.mul(v128.load(x + at, 16), f));
    v128.store(y + at, low);
    v128.store(y + at, high, 16);
  }
  for (; i < n; i++) {
    const p = y + (i << 3);
    store<f64>(p, load<f64>(p) + load<f64>(x + (i << 3)) * factor);
  }
}

/** Four rows of L up to column `cols`, which all rows before them have: their products share the loads. */
export function cholesky_rows4(rows: usize, a: usize, cols: usize, row: usize): void {
  for (let j: usize = 0; j < cols; j++) {
    const other = a + j * row;
    let s0 = f64x2.splat(0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    let k: usize = 0;
    for (const whole = j & ~1; k < whole; k += 2) {
      const p = rows + (k << 3);
      const x = v128.load(other + (k << 3));
      s0 = f64x2.add(s0, f64x2.mul(v128.load(p), x));
      s1 = f64x2.add(s1, f64x2.mul(v128.load(p + row), x));
      s2 = f64x2.add(s2, f64x2.mul(v128.load(p + 2 * row), x));
      s3 = f64x2.add(s3, f64x2.mul(v128.load(p + 3 * row), x));
    }
    const last = k < j ? load<f64>(other + (k << 3)) : 0;
    const tail = rows + (k << 3); // at k = j this is the entry itself, times 0
    const pivot = load<f64>(other + (j << 3));
    let p = rows + (j << 3);
    store<f64>(p, (load<f64>(p) - (sumPair(s0) + (k < j ? load<f64>(tail) * last : 0))) / pivot);
    p += row;
    store<f64>(p, (load<f64>(p) - (sumPair(s1) + (k < j ? load<f64>(tail + row) * last : 0))) / pivot);
    p += row;
    store<f64>(p, (load<f64>(p) - (sumPair(s2) + (k < j ? load<f64>(tail + 2 * row) * last : 0))) / pivot);
    p += row;
    store<f64>(p, (load<f64>(p) - (sumPair(s3) + (k < j ? load<f64>(tail + 3 * row) * last : 0))) / pivot);
  }
}

function sumPair(x: v128): f64 {
  return f64x2.extract_lane(x, 0) + f64x2.extract_lane(x, 1);
}

/**
 * a [n, n] = L with a = L · L^T. Returns n, or the first row whose pivot is not above `tolerance` times its diagonal entry:
 * the matrix is not (numerically) positive definite, and what is below that row is void.
 */
export function cholesky_f64(a: usize, n: usize, tolerance: f64): usize {
  const row = n << 3;
  for (let first: usize = 0; first < n; first += 4) {
    const block = a + first * row;
    const done = n - first >= 4 ? first : 0;
    if (done > 0) cholesky_rows4(block, a, first, row);
    for (let i = first; i < min(first + 4, n); i++) {
      const own = a + i * row;
      for (let j = done; j < i; j++) {
        const other = a + j * row;
        const p = own + (j << 3);
        store<f64>(p, (load<f64>(p) - dot_f64(own, other, j)) / load<f64>(other + (j << 3)));
      }
      const p = own + (i << 3);
      const diagonal = load<f64>(p);
      const pivot = diagonal - dot_f64(own, own, i);
      if (!(pivot > tolerance * diagonal)) return i;
      store<f64>(p, Math.sqrt(pivot));
    }
  }
  return n;
}

/** x [n] = (L · L^T)^-1 · x, in place; L [n, n] from cholesky_f64. */
export function cholesky_solve_f64(x: usize, l: usize, n: usize): void {
  const row = n << 3;
  for (let i: usize = 0; i < n; i++) {
    const own = l + i * row;
    const p = x + (i << 3);
    store<f64>(p, (load<f64>(p) - dot_f64(own, x, i)) / load<f64>(own + (i << 3)));
  }
  for (let i = n; i > 0; i--) {
    const own = l + (i - 1) * row;
    const p = x + ((i - 1) << 3);
    const value = load<f64>(p) / load<f64>(own + ((i - 1) << 3));
    store<f64>(p, value);
    axpy_f64(x, own, i - 1, -value);
  }
}

/**
 * out [n, n] = (L · L^T)^-1, the lower half; what is above the diagonal stays. l [n, n] from cholesky_f64 becomes L^-1.
 */
export function cholesky_invert_f64(out: usize, l: usize, n: usize, scratch: usize): void {
  const row = n << 3;
  for (let i: usize = 0; i < n; i++) {
    const own = l + i * row;
    const pivot = 1 / load<f64>(own + (i << 3));
    memory.copy(scratch, own, i << 3);
    memory.fill(own, 0, i << 3);
    for (let k: usize = 0; k < i; k++) axpy_f64(own, l + k * row, k + 1, -load<f64>(scratch + (k << 3)));
    for (let k: usize = 0; k < i; k++) store<f64>(own + (k << 3), load<f64>(own + (k << 3)) * pivot);
    store<f64>(own + (i << 3), pivot);
  }
  for (let i: usize = 0; i < n; i++) memory.fill(out + i * row, 0, (i + 1) << 3);
  for (let k: usize = 0; k < n; k++) {
    const own = l + k * row;
    for (let i: usize = 0; i <= k; i++) axpy_f64(out + i * row, own, i + 1, load<f64>(own + (i << 3)));
  }
}
