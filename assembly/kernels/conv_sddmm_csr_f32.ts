/**
 * Gradient of a convolution's weights at the entries of a sparse (CSR) weight and nowhere else: dot products of output
 * gradients with inputs, where both lie. Four entries of a row share its gradients.
 *
 * V8 loads all that a basic block reads before it computes, for which there are no registers: the loop is cut by a test
 * that never holds. Sums are touched in the reverse of the order of their declaration. conv_sddmm_four is exported only
 * to keep the optimizer from merging it into the loops around it; JavaScript does not call it.
 */
import { loadUpTo4, madd, storeUpTo4, sumLanes4 } from '../simd';

/** Bytes of a filter's gradient that one pass over all entries reads, so that the inputs around stay in cache. */
const PASS: usize = 8192;

/** Where the input of entry min(i, last) begins. */
function inputAt(x: usize, offsets: usize, col: usize, i: usize, last: usize): usize {
  return x + <usize>load<u32>(offsets + ((<usize>load<u32>(col + (min(i, last) << 2))) << 2));
}

/** dw += dy · x at `entries` <= 4 entries of a row. */
export function conv_sddmm_four(
  dw: usize,
  col: usize,
  entries: usize,
  dy: usize,
  x: usize,
  offsets: usize,
  runs: usize,
  runsEnd: usize,
  runBytes: usize,
): void {
  let s0 = f32x4.splat(0);
  let t0 = s0;
  let s1 = s0;
  let t1 = s0;
  let s2 = s0;
  let t2 = s0;
  let s3 = s0;
  let t3 = s0;
  const last = entries - 1;
  const from0 = inputAt(x, offsets, col, 0, last);
  const from1 = inputAt(x, offsets, col, 1, last);
  const from2 = inputAt(x, offsets, col, 2, last);
  const from3 = inputAt(x, offsets, col, 3, last);
  for (; runs < runsEnd; runs += 8) {
    const at = <usize>load<u32>(runs);
    let p0 = from0 + at;
    let p1 = from1 + at;
    let p2 = from2 + at;
    let p3 = from3 + at;
    let q = dy + <usize>load<u32>(runs, 4);
    const stop = q + runBytes;
    for (;;) {
      const y1 = v128.load(q, 16);
      t3 = madd(v128.load(p3, 16), y1, t3);
      t2 = madd(v128.load(p2, 16), y1, t2);
      t1 = madd(v128.load(p1, 16), y1, t1);
      t0 = madd(v128.load(p0, 16), y1, t0);
      if (q == stop) break; // never
      const y0 = v128.load(q);
      s3 = madd(v128.load(p3), y0, s3);
      s2 = madd(v128.load(p2), y0, s2);
      s1 = madd(v128.load(p1), y0, s1);
      s0 = madd(v128.load(p0), y0, s0);
      p0 += 32;
      p1 += 32;
      p2 += 32;
      p3 += 32;
      q += 32;
      if (q == stop) break;
    }
  }
  const sums = sumLanes4(f32x4.add(s0, t0), f32x4.add(s1, t1), f32x4.add(s2, t2), f32x4.add(s3, t3));
  storeUpTo4(dw, f32x4.add(loadUpTo4(dw, entries), sums), entries);
}

/**
 * dw = sum of dy[f] * x[column] over all outputs, at the entries of a sparse (CSR) weight: [nnz], overwritten. One group.
 *
 * colIdx [nnz] u32; rowPtr [filters + 1] u32, in entries. The rest is as in conv_weight_grad_f32. A gradient depends on
 * lanes and tiles, not on which entries stand beside it.
 */
export function conv_sddmm_csr_f32(
  dw: usize,
  colIdx: usize,
  rowPtr: usize,
  dy: usize,
  x: usize,
  offsets: usize,
  runs: usize,
  filters: usize,
  runCount: usize,
  runFloats: usize,
  plane: usize,
  xTile: usize,
  yTile: usize,
  tiles: usize,
): void {
  const runBytes = runFloats << 2;
  const step = max<usize>(PASS / runBytes, 1) << 3;
  const runsEnd = runs + (runCount << 3);
  memory.fill(dw, 0, (<usize>load<u32>(rowPtr + (filters << 2))) << 2);
  for (; tiles > 0; tiles--) {
    for (let r = runs; r < runsEnd; r += step) {
      const end = min(r + step, runsEnd);
      let from = dy;
      for (let f: usize = 0; f < filters; f++) {
        const ptr = rowPtr + (f << 2);
        const stop = <usize>load<u32>(ptr, 4);
        for (let i = <usize>load<u32>(ptr); i < stop; i += 4) {
          const at = i << 2;
          const entries = min<usize>(stop - i, 4);
          conv_sddmm_four(dw + at, colIdx + at, entries, from, x, offsets, r, end, runBytes);
        }
        from += plane << 2;
      }
    }
    x += xTile;
    dy += yTile;
  }
}
