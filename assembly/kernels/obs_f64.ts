/** Optimal brain surgeon for one row of a weight, in float64: weights go one by one, the others make up for each. */
import { axpy_f64 } from './cholesky_f64';

function swap(p: usize, q: usize): void {
  const value = load<f64>(p);
  store<f64>(p, load<f64>(q));
  store<f64>(q, value);
}

/** Entries p and q > p of everything change places; a symmetric [n, n], the lower half. */
function exchange(a: usize, w: usize, ids: usize, keep: usize, p: usize, q: usize, row: usize): void {
  swap(w + (p << 3), w + (q << 3));
  const id = load<u32>(ids + (p << 2));
  store<u32>(ids + (p << 2), load<u32>(ids + (q << 2)));
  store<u32>(ids + (q << 2), id);
  const kept = load<u8>(keep + p);
  store<u8>(keep + p, load<u8>(keep + q));
  store<u8>(keep + q, kept);
  const rowP = a + p * row;
  const rowQ = a + q * row;
  for (let j: usize = 0; j < p; j++) swap(rowP + (j << 3), rowQ + (j << 3));
  for (let j = p + 1; j < q; j++) swap(a + j * row + (p << 3), rowQ + (j << 3));
  swap(rowP + (p << 3), rowQ + (q << 3));
}

/** Takes the last of `count` weights away: w and the inverse of the others as they are without it. */
function eliminateLast(a: usize, w: usize, count: usize, row: usize): void {
  const rest = count - 1;
  const own = a + rest * row;
  const pivot = 1 / load<f64>(own + (rest << 3));
  axpy_f64(w, own, rest, -load<f64>(w + (rest << 3)) * pivot);
  for (let i: usize = 0; i < rest; i++) {
    const factor = load<f64>(own + (i << 3));
    if (factor != 0) axpy_f64(a + i * row, own, i + 1, -factor * pivot);
  }
}

/** The weight from `fixed` on with the least w^2 / a_pp; of equal ones the one with the highest id. */
function cheapest(a: usize, w: usize, ids: usize, fixed: usize, count: usize, row: usize): usize {
  let best = fixed;
  let least = Infinity;
  for (let p = fixed; p < count; p++) {
    const value = load<f64>(w + (p << 3));
    const cost = (value * value) / load<f64>(a + p * row + (p << 3));
    const tie = cost == least && load<u32>(ids + (p << 2)) > load<u32>(ids + (best << 2));
    if (cost < least || tie) {
      least = cost;
      best = p;
    }
  }
  return best;
}

/** The last weight of the first `count` that is gone already; `count` for none. */
function lastGone(keep: usize, fixed: usize, count: usize): usize {
  for (let p = count; p > fixed; p--) if (!load<u8>(keep + p - 1)) return p - 1;
  return count;
}

/**
 * Greedy elimination: p = argmin w_p^2 / [H^-1]_pp; w -= w_p / [H^-1]_pp * H^-1 column p; H^-1 loses row and column p. From
 * `count` weights, n at first, down to `least`: several calls one after the other do what a single one does.
 *
 * a [n, n]: the lower half of H^-1, overwritten; w [n], overwritten; ids [n] u32, keep [n] u8, both reordered. The first
 * `fixed` weights stay, fixed <= least. Weights with keep 0 are gone already (w is 0) and go first, without a record.
 * order u32, loss f64: by the number of weights behind the fixed ones that are left then, the id of the one that goes and its
 * w_p^2 / [H^-1]_pp.
 */
export function obs_row_f64(
  order: usize,
  loss: usize,
  a: usize,
  w: usize,
  ids: usize,
  keep: usize,
  n: usize,
  fixed: usize,
  count: usize,
  least: usize,
): void {
  const row = n << 3;
  for (; count > least; count--) {
    let p = lastGone(keep, fixed, count);
    if (p == count) {
      p = cheapest(a, w, ids, fixed, count, row);
      const value = load<f64>(w + (p << 3));
      const place = count - 1 - fixed;
      store<u32>(order + (place << 2), load<u32>(ids + (p << 2)));
      store<f64>(loss + (place << 3), (value * value) / load<f64>(a + p * row + (p << 3)));
    }
    if (p < count - 1) exchange(a, w, ids, keep, p, count - 1, row);
    eliminateLast(a, w, count, row);
  }
}
