/**
 * Sparse product over narrow tiles, of 8 or 4 lanes. One row there has too few sums to hide the latency of additions,
 * so rows go together: two at 8 lanes, four at 4. Rows are sorted by nonzeros, so that those of a group are about
 * equally long; what all rows of a group have is interleaved, the rest follows row by row.
 *
 * An entry is a byte offset into a tile (u32) and a value. A group is described by its row numbers and by the bytes of
 * its parts. The inner functions are exported only to keep the optimizer from merging them into their callers. Of 4 lanes they hold the
 * loop over groups, as a call for each costs 10 to 19 %; of 8 lanes that loop made them slower.
 */
import { atLeast, madd } from '../simd';

/**
 * Two rows against 8 lanes: entries up to `both` alternate between them, then those of the first up to `end0`, then
 * those of the second.
 */
export function spmm_pair8(
  y0: usize,
  y1: usize,
  entry: usize,
  both: usize,
  end0: usize,
  end1: usize,
  bias0: usize,
  bias1: usize,
  x: usize,
  low: f32,
): void {
  let s0 = v128.load32_splat(bias0);
  let s1 = s0;
  let t0 = v128.load32_splat(bias1);
  let t1 = t0;
  for (const most = both - 16; entry < most; entry += 32) {
    let p = x + <usize>load<u32>(entry, 8);
    let w = v128.load32_splat(entry, 12);
    t1 = madd(w, v128.load(p, 16), t1);
    t0 = madd(w, v128.load(p), t0);
    p = x + <usize>load<u32>(entry);
    w = v128.load32_splat(entry, 4);
    s1 = madd(w, v128.load(p, 16), s1);
    s0 = madd(w, v128.load(p), s0);
    p = x + <usize>load<u32>(entry, 24);
    w = v128.load32_splat(entry, 28);
    t1 = madd(w, v128.load(p, 16), t1);
    t0 = madd(w, v128.load(p), t0);
    p = x + <usize>load<u32>(entry, 16);
    w = v128.load32_splat(entry, 20);
    s1 = madd(w, v128.load(p, 16), s1);
    s0 = madd(w, v128.load(p), s0);
  }
  if (entry < both) {
    let p = x + <usize>load<u32>(entry, 8);
    let w = v128.load32_splat(entry, 12);
    t1 = madd(w, v128.load(p, 16), t1);
    t0 = madd(w, v128.load(p), t0);
    p = x + <usize>load<u32>(entry);
    w = v128.load32_splat(entry, 4);
    s1 = madd(w, v128.load(p, 16), s1);
    s0 = madd(w, v128.load(p), s0);
  }
  for (entry = both; entry < end0; entry += 8) {
    const p = x + <usize>load<u32>(entry);
    const w = v128.load32_splat(entry, 4);
    s0 = madd(w, v128.load(p), s0);
    s1 = madd(w, v128.load(p, 16), s1);
  }
  for (entry = end0; entry < end1; entry += 8) {
    const p = x + <usize>load<u32>(entry);
    const w = v128.load32_splat(entry, 4);
    t0 = madd(w, v128.load(p), t0);
    t1 = madd(w, v128.load(p, 16), t1);
  }
  const floor = f32x4.splat(low);
  v128.store(y1, atLeast(t0, floor));
  v128.store(y1, atLeast(t1, floor), 16);
  v128.store(y0, atLeast(s0, floor));
  v128.store(y0, atLeast(s1, floor), 16);
}

/** One row of 4 lanes: what is left of it after the part that its group has in common. */
function finish4(s: v128, entry: usize, end: usize, x: usize): v128 {
  for (; entry < end; entry += 8) {
    s = madd(v128.load32_splat(entry, 4), v128.load(x + <usize>load<u32>(entry)), s);
  }
  return s;
}

/** Groups of four rows against 4 lanes; list as in spmm_groups4_f32. */
export function spmm_quads4(
  y: usize,
  entry: usize,
  list: usize,
  bias: usize,
  x: usize,
  groups: usize,
  low: f32,
): void {
  for (; groups > 0; groups--) {
    const r0 = <usize>load<u32>(list),
      r1 = <usize>load<u32>(list, 4),
      r2 = <usize>load<u32>(list, 8),
      r3 = <usize>load<u32>(list, 12);
    let s0 = v128.load32_splat(bias + (r0 << 2));
    let s1 = v128.load32_splat(bias + (r1 << 2));
    let s2 = v128.load32_splat(bias + (r2 << 2));
    let s3 = v128.load32_splat(bias + (r3 << 2));
    for (const all = entry + <usize>load<u32>(list, 16); entry < all; entry += 32) {
      s3 = madd(v128.load32_splat(entry, 28), v128.load(x + <usize>load<u32>(entry, 24)), s3);
      s2 = madd(v128.load32_splat(entry, 20), v128.load(x + <usize>load<u32>(entry, 16)), s2);
      s1 = madd(v128.load32_splat(entry, 12), v128.load(x + <usize>load<u32>(entry, 8)), s1);
      s0 = madd(v128.load32_splat(entry, 4), v128.load(x + <usize>load<u32>(entry)), s0);
    }
    let end = entry + <usize>load<u32>(list, 20);
    s0 = finish4(s0, entry, end, x);
    entry = end;
    end += <usize>load<u32>(list, 24);
    s1 = finish4(s1, entry, end, x);
    entry = end;
    end += <usize>load<u32>(list, 28);
    s2 = finish4(s2, entry, end, x);
    entry = end;
    end += <usize>load<u32>(list, 32);
    s3 = finish4(s3, entry, end, x);
    const floor = f32x4.splat(low);
    v128.store(y + (r3 << 4), atLeast(s3, floor));
    v128.store(y + (r2 << 4), atLeast(s2, floor));
    v128.store(y + (r1 << 4), atLeast(s1, floor));
    v128.store(y + (r0 << 4), atLeast(s0, floor));
    entry = end;
    list += 36;
  }
}

/**
 * y = max(W · x + b, low), W sparse in groups of two rows, tiles of 8 lanes.
 *
 * entries [nnz] (u32 byte offset, f32); list [groups, 5] u32: the two rows, then the bytes of what both have and of
 * what is left of each. An odd row stands twice in its group, the second time without entries of its own and listed
 * first, so that its empty sum is overwritten. bias [rows]; x [tiles, cols, 8]; y [tiles, rows, 8].
 */
export function spmm_groups8_f32(
  y: usize,
  entries: usize,
  list: usize,
  bias: usize,
  x: usize,
  rows: usize,
  cols: usize,
  groups: usize,
  tiles: usize,
  low: f32,
): void {
  for (; tiles > 0; tiles--) {
    let entry = entries;
    let group = list;
    for (let g: usize = 0; g < groups; g++) {
      const r0 = <usize>load<u32>(group),
        r1 = <usize>load<u32>(group, 4);
      const both = entry + <usize>load<u32>(group, 8);
      const end0 = both + <usize>load<u32>(group, 12);
      const end1 = end0 + <usize>load<u32>(group, 16);
      spmm_pair8(
        y + (r0 << 5),
        y + (r1 << 5),
        entry,
        both,
        end0,
        end1,
        bias + (r0 << 2),
        bias + (r1 << 2),
        x,
        low,
      );
      entry = end1;
      group += 20;
    }
    y += rows << 5;
    x += cols << 5;
  }
}

/**
 * y = max(W · x + b, low), W sparse in groups of four rows, tiles of 4 lanes.
 *
 * entries as above; list [groups, 9] u32: the four rows, then the bytes of what all have and of what is left of each.
 * In a group of fewer rows the first stands several times; only its first place has entries, and is stored last.
 */
export function spmm_groups4_f32(
  y: usize,
  entries: usize,
  list: usize,
  bias: usize,
  x: usize,
  rows: usize,
  cols: usize,
  groups: usize,
  tiles: usize,
  low: f32,
): void {
  for (; tiles > 0; tiles--) {
    spmm_quads4(y, entries, list, bias, x, groups, low);
    y += rows << 4;
    x += cols << 4;
  }
}
