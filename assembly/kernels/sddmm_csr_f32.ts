/**
 * Sampled dense-dense product: the gradient of a sparse (CSR) weight, at its entries and nowhere else.
 *
 * A row of dy stays in registers while the rows of x that its entries name go by. The sum over a tile of 32 lanes is
 * (low16 + high16), then its four lanes as (0 + 2) + (1 + 3), then dw += that, tile after tile; narrower tiles add
 * eight lanes after eight. So a gradient depends on lanes and tiles, not on which entries stand beside it.
 *
 * Sums are stored to dw before they are final: nobody reads them there, but V8 moves all loads between two stores ahead
 * of the arithmetic, and would run out of vector registers without something in between that needs the sums.
 * The inner functions are exported only to keep the optimizer from merging them into their callers; JavaScript does not
 * call them.
 */
import { madd, sumLanes, sumLanes4 } from '../simd';

/** Dot product over the first sixteen lanes, one vector after the other. */
function low16(y0: v128, y1: v128, y2: v128, y3: v128, p: usize): v128 {
  const two = madd(y1, v128.load(p, 16), f32x4.mul(y0, v128.load(p)));
  return madd(y3, v128.load(p, 48), madd(y2, v128.load(p, 32), two));
}

/** As low16 over the last sixteen of 32 lanes; a function of its own because an offset in p would cost an addition. */
function high16(y4: v128, y5: v128, y6: v128, y7: v128, p: usize): v128 {
  const two = madd(y5, v128.load(p, 80), f32x4.mul(y4, v128.load(p, 64)));
  return madd(y7, v128.load(p, 112), madd(y6, v128.load(p, 96), two));
}

/** dw += dy · x^T at the entries, 32 lanes; four entries a turn; arguments as in sddmm_csr_f32. */
export function sddmm_rows32(
  dw: usize,
  colIdx: usize,
  rowPtr: usize,
  dy: usize,
  x: usize,
  rows: usize,
): void {
  let col = colIdx;
  for (; rows > 0; rows--) {
    rowPtr += 4;
    const end = colIdx + ((<usize>load<u32>(rowPtr)) << 2);
    const y0 = v128.load(dy),
      y1 = v128.load(dy, 16),
      y2 = v128.load(dy, 32),
      y3 = v128.load(dy, 48),
      y4 = v128.load(dy, 64),
      y5 = v128.load(dy, 80),
      y6 = v128.load(dy, 96),
      y7 = v128.load(dy, 112);
    for (; col + 12 < end; col += 16) {
      const old = v128.load(dw);
      let p = x + ((<usize>load<u32>(col)) << 7);
      let s = low16(y0, y1, y2, y3, p);
      v128.store_lane<u32>(dw, s, 0);
      const a = f32x4.add(s, high16(y4, y5, y6, y7, p));
      v128.store_lane<u32>(dw, a, 0);
      p = x + ((<usize>load<u32>(col, 4)) << 7);
      s = low16(y0, y1, y2, y3, p);
      v128.store_lane<u32>(dw, s, 0);
      const b = f32x4.add(s, high16(y4, y5, y6, y7, p));
      v128.store_lane<u32>(dw, b, 0);
      p = x + ((<usize>load<u32>(col, 8)) << 7);
      s = low16(y0, y1, y2, y3, p);
      v128.store_lane<u32>(dw, s, 0);
      const c = f32x4.add(s, high16(y4, y5, y6, y7, p));
      v128.store_lane<u32>(dw, c, 0);
      p = x + ((<usize>load<u32>(col, 12)) << 7);
      s = low16(y0, y1, y2, y3, p);
      v128.store_lane<u32>(dw, s, 0);
      const d = f32x4.add(s, high16(y4, y5, y6, y7, p));
      v128.store(dw, f32x4.add(old, sumLanes4(a, b, c, d)));
      dw += 16;
    }
    for (; col < end; col += 4) {
      const p = x + ((<usize>load<u32>(col)) << 7);
      const old = load<f32>(dw);
      const s = low16(y0, y1, y2, y3, p);
      v128.store_lane<u32>(dw, s, 0);
      store<f32>(dw, old + sumLanes(f32x4.add(s, high16(y4, y5, y6, y7, p))));
      dw += 4;
    }
    dy += 128;
  }
}

/**
 * One row against eight lanes: gradients lie `step` bytes apart (one row of blocks), rows of x `pitch` bytes. For
 * narrow tiles, and for the last rows where they fill no block.
 */
export function sddmm_row8(
  dw: usize,
  step: usize,
  col: usize,
  end: usize,
  dy: usize,
  x: usize,
  pitch: usize,
): void {
  const y0 = v128.load(dy),
    y1 = v128.load(dy, 16);
  for (; col < end; col += 4) {
    const p = x + <usize>load<u32>(col) * pitch;
    const a = madd(y1, v128.load(p, 16), f32x4.mul(y0, v128.load(p)));
    store<f32>(dw, load<f32>(dw) + sumLanes(a));
    dw += step;
  }
}

/**
 * dw = dy · x^T at the entries of a sparse (CSR) weight, summed over all lanes of all tiles of 8, 16 or 32 lanes.
 *
 * colIdx [count] u32; rowPtr [rows + 1] u32, in entries; dy [tiles, rows, lanes]; x [tiles, cols, lanes];
 * dw [count], overwritten. dw must not overlap an input.
 */
export function sddmm_csr_f32(
  dw: usize,
  colIdx: usize,
  rowPtr: usize,
  dy: usize,
  x: usize,
  rows: usize,
  cols: usize,
  lanes: usize,
  tiles: usize,
): void {
  const pitch = lanes << 2;
  memory.fill(dw, 0, (<usize>load<u32>(rowPtr + (rows << 2))) << 2);
  for (; tiles > 0; tiles--) {
    if (lanes == 32) sddmm_rows32(dw, colIdx, rowPtr, dy, x, rows);
    else {
      for (let r: usize = 0; r < rows; r++) {
        const ptr = rowPtr + (r << 2);
        const from = (<usize>load<u32>(ptr)) << 2;
        const end = colIdx + ((<usize>load<u32>(ptr, 4)) << 2);
        const row = dy + r * pitch;
        for (let lane: usize = 0; lane < pitch; lane += 32) {
          sddmm_row8(dw + from, 4, colIdx + from, end, row + lane, x + lane, pitch);
        }
      }
    }
    dy += rows * pitch;
    x += cols * pitch;
  }
}
