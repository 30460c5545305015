/**
 * Sparse (CSR) product over tiles of 32 or 16 lanes: each weight is read once and multiplies a run of samples.
 *
 * A nonzero is an entry of eight bytes: the byte offset of its input row in a tile (u32), and its value. Columns may
 * be cut into panels, so that the part of a tile that a panel reads stays in first-level cache: entries then lie
 * panel by panel, and all panels but the first go on from what y holds.
 *
 * Sums are touched in the reverse of the order of their declaration, which keeps V8 from loading all inputs first.
 * The functions over rows hold that loop themselves, as a call for every row costs up to a fifth, but not the loops around it,
 * where V8 keeps sums in memory: they are exported only to keep the optimizer from merging them; JavaScript does not call them.
 */
import { atLeast, madd } from '../simd';

/**
 * Rows against 32 lanes, three entries a turn. Their sums are yRow bytes apart in y. Their entries follow one another from `entry` on; they
 * end at the offsets `ends` [rows] u32 from `entries`, or after `bytes` each where that is 0. bias [rows]; 0 means that y is continued.
 */
export function spmm_csr32_rows(
  y: usize,
  yRow: usize,
  entry: usize,
  entries: usize,
  ends: usize,
  bytes: usize,
  bias: usize,
  x: usize,
  rows: usize,
  low: f32,
): void {
  for (; rows > 0; rows--) {
    const end = ends ? entries + <usize>load<u32>(ends) : entry + bytes;
    let s0: v128, s1: v128, s2: v128, s3: v128, s4: v128, s5: v128, s6: v128, s7: v128;
    if (bias) {
      s0 = v128.load32_splat(bias);
      s1 = s0;
      s2 = s0;
      s3 = s0;
      s4 = s0;
      s5 = s0;
      s6 = s0;
      s7 = s0;
    } else {
      s0 = v128.load(y);
      s1 = v128.load(y, 16);
      s2 = v128.load(y, 32);
      s3 = v128.load(y, 48);
      s4 = v128.load(y, 64);
      s5 = v128.load(y, 80);
      s6 = v128.load(y, 96);
      s7 = v128.load(y, 112);
    }
    for (const three = end - 16; entry < three; entry += 24) {
      let p = x + <usize>load<u32>(entry);
      let w = v128.load32_splat(entry, 4);
      s7 = madd(w, v128.load(p, 112), s7);
      s6 = madd(w, v128.load(p, 96), s6);
      s5 = madd(w, v128.load(p, 80), s5);
      s4 = madd(w, v128.load(p, 64), s4);
      s3 = madd(w, v128.load(p, 48), s3);
      s2 = madd(w, v128.load(p, 32), s2);
      s1 = madd(w, v128.load(p, 16), s1);
      s0 = madd(w, v128.load(p), s0);
      p = x + <usize>load<u32>(entry, 8);
      w = v128.load32_splat(entry, 12);
      s7 = madd(w, v128.load(p, 112), s7);
      s6 = madd(w, v128.load(p, 96), s6);
      s5 = madd(w, v128.load(p, 80), s5);
      s4 = madd(w, v128.load(p, 64), s4);
      s3 = madd(w, v128.load(p, 48), s3);
      s2 = madd(w, v128.load(p, 32), s2);
      s1 = madd(w, v128.load(p, 16), s1);
      s0 = madd(w, v128.load(p), s0);
      p = x + <usize>load<u32>(entry, 16);
      w = v128.load32_splat(entry, 20);
      s7 = madd(w, v128.load(p, 112), s7);
      s6 = madd(w, v128.load(p, 96), s6);
      s5 = madd(w, v128.load(p, 80), s5);
      s4 = madd(w, v128.load(p, 64), s4);
      s3 = madd(w, v128.load(p, 48), s3);
      s2 = madd(w, v128.load(p, 32), s2);
      s1 = madd(w, v128.load(p, 16), s1);
      s0 = madd(w, v128.load(p), s0);
    }
    for (; entry < end; entry += 8) {
      const p = x + <usize>load<u32>(entry);
      const w = v128.load32_splat(entry, 4);
      s7 = madd(w, v128.load(p, 112), s7);
      s6 = madd(w, v128.load(p, 96), s6);
      s5 = madd(w, v128.load(p, 80), s5);
      s4 = madd(w, v128.load(p, 64), s4);
      s3 = madd(w, v128.load(p, 48), s3);
      s2 = madd(w, v128.load(p, 32), s2);
      s1 = madd(w, v128.load(p, 16), s1);
      s0 = madd(w, v128.load(p), s0);
    }
    const floor = f32x4.splat(low);
    v128.store(y, atLeast(s0, floor));
    v128.store(y, atLeast(s1, floor), 16);
    v128.store(y, atLeast(s2, floor), 32);
    v128.store(y, atLeast(s3, floor), 48);
    v128.store(y, atLeast(s4, floor), 64);
    v128.store(y, atLeast(s5, floor), 80);
    v128.store(y, atLeast(s6, floor), 96);
    v128.store(y, atLeast(s7, floor), 112);
    ends += ends ? 4 : 0;
    bias += bias ? 4 : 0;
    y += yRow;
  }
}

/** As spmm_csr32_rows against 16 lanes, four entries a turn. */
export function spmm_csr16_rows(
  y: usize,
  yRow: usize,
  entry: usize,
  entries: usize,
  ends: usize,
  bytes: usize,
  bias: usize,
  x: usize,
  rows: usize,
  low: f32,
): void {
  for (; rows > 0; rows--) {
    const end = ends ? entries + <usize>load<u32>(ends) : entry + bytes;
    let s0: v128, s1: v128, s2: v128, s3: v128;
    if (bias) {
      s0 = v128.load32_splat(bias);
      s1 = s0;
      s2 = s0;
      s3 = s0;
    } else {
      s0 = v128.load(y);
      s1 = v128.load(y, 16);
      s2 = v128.load(y, 32);
      s3 = v128.load(y, 48);
    }
    for (const four = end - 24; entry < four; entry += 32) {
      let p = x + <usize>load<u32>(entry);
      let w = v128.load32_splat(entry, 4);
      s3 = madd(w, v128.load(p, 48), s3);
      s2 = madd(w, v128.load(p, 32), s2);
      s1 = madd(w, v128.load(p, 16), s1);
      s0 = madd(w, v128.load(p), s0);
      p = x + <usize>load<u32>(entry, 8);
      w = v128.load32_splat(entry, 12);
      s3 = madd(w, v128.load(p, 48), s3);
      s2 = madd(w, v128.load(p, 32), s2);
      s1 = madd(w, v128.load(p, 16), s1);
      s0 = madd(w, v128.load(p), s0);
      p = x + <usize>load<u32>(entry, 16);
      w = v128.load32_splat(entry, 20);
      s3 = madd(w, v128.load(p, 48), s3);
      s2 = madd(w, v128.load(p, 32), s2);
      s1 = madd(w, v128.load(p, 16), s1);
      s0 = madd(w, v128.load(p), s0);
      p = x + <usize>load<u32>(entry, 24);
      w = v128.load32_splat(entry, 28);
      s3 = madd(w, v128.load(p, 48), s3);
      s2 = madd(w, v128.load(p, 32), s2);
      s1 = madd(w, v128.load(p, 16), s1);
      s0 = madd(w, v128.load(p), s0);
    }
    for (; entry < end; entry += 8) {
      const p = x + <usize>load<u32>(entry);
      const w = v128.load32_splat(entry, 4);
      s3 = madd(w, v128.load(p, 48), s3);
      s2 = madd(w, v128.load(p, 32), s2);
      s1 = madd(w, v128.load(p, 16), s1);
      s0 = madd(w, v128.load(p), s0);
    }
    const floor = f32x4.splat(low);
    v128.store(y, atLeast(s0, floor));
    v128.store(y, atLeast(s1, floor), 16);
    v128.store(y, atLeast(s2, floor), 32);
    v128.store(y, atLeast(s3, floor), 48);
    ends += ends ? 4 : 0;
    bias += bias ? 4 : 0;
    y += yRow;
  }
}

/**
 * y = max(W · x + b, low), W sparse (CSR), tiles of 32 lanes.
 *
 * entries [nnz] (u32 byte offset, f32), panel by panel; rowPtr [panels, rows] u32 ends, in bytes from the first entry;
 * bias [rows]; x [tiles, cols, 32]; y [tiles, rows, 32]. y must not overlap an input.
 */
export function spmm_csr32_f32(
  y: usize,
  entries: usize,
  rowPtr: usize,
  bias: usize,
  x: usize,
  rows: usize,
  cols: usize,
  panels: usize,
  tiles: usize,
  low: f32,
): void {
  for (; tiles > 0; tiles--) {
    let entry = entries;
    let ends = rowPtr;
    for (let p: usize = 1; p <= panels; p++) {
      const floor: f32 = p == panels ? low : -Infinity;
      spmm_csr32_rows(y, 128, entry, entries, ends, 0, p == 1 ? bias : 0, x, rows, floor);
      ends += rows << 2;
      entry = entries + <usize>load<u32>(ends - 4); // not used after the last panel, nor without rows
    }
    y += rows << 7;
    x += cols << 7;
  }
}

/** As spmm_csr32_f32, for tiles of 16 lanes. */
export function spmm_csr16_f32(
  y: usize,
  entries: usize,
  rowPtr: usize,
  bias: usize,
  x: usize,
  rows: usize,
  cols: usize,
  panels: usize,
  tiles: usize,
  low: f32,
): void {
  for (; tiles > 0; tiles--) {
    let entry = entries;
    let ends = rowPtr;
    for (let p: usize = 1; p <= panels; p++) {
      const floor: f32 = p == panels ? low : -Infinity;
      spmm_csr16_rows(y, 64, entry, entries, ends, 0, p == 1 ? bias : 0, x, rows, floor);
      ends += rows << 2;
      entry = entries + <usize>load<u32>(ends - 4); // not used after the last panel, nor without rows
    }
    y += rows << 6;
    x += cols << 6;
  }
}
