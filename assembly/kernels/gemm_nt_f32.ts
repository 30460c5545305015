/** Dense product over the batch: the gradient of a weight. */
import { gemm_row, gemm_rows4 } from './gemm_f32';
import { gemm_rows4_listed, list_rows, skipPays } from './gemm_skip_f32';

/** Copies one row of dy [panels, rows, 8] into `panels` * 8 contiguous floats. */
function packRow(y: usize, x: usize, xPanel: usize, panels: usize): void {
  for (; panels > 0; panels--) {
    v128.store(y, v128.load(x));
    v128.store(y, v128.load(x, 16), 16);
    y += 32;
    x += xPanel;
  }
}

/** Transposes four features of four samples: y rows (samples) are 32 bytes apart, x rows (features) too. */
function transpose4(y: usize, x: usize): void {
  const a = v128.load(x),
    b = v128.load(x, 32),
    c = v128.load(x, 64),
    d = v128.load(x, 96);
  const ab0 = v128.shuffle<f32>(a, b, 0, 4, 1, 5),
    ab1 = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  const cd0 = v128.shuffle<f32>(c, d, 0, 4, 1, 5),
    cd1 = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  v128.store(y, v128.shuffle<f32>(ab0, cd0, 0, 1, 4, 5));
  v128.store(y, v128.shuffle<f32>(ab0, cd0, 2, 3, 6, 7), 32);
  v128.store(y, v128.shuffle<f32>(ab1, cd1, 0, 1, 4, 5), 64);
  v128.store(y, v128.shuffle<f32>(ab1, cd1, 2, 3, 6, 7), 96);
}

/** Eight features of every sample, sample-major: y [panels * 8, 8] from x [panels, features, 8]. */
function packColumns8(y: usize, x: usize, xPanel: usize, panels: usize): void {
  for (; panels > 0; panels--) {
    transpose4(y, x);
    transpose4(y + 16, x + 128);
    transpose4(y + 128, x + 16);
    transpose4(y + 144, x + 144);
    y += 256;
    x += xPanel;
  }
}

/** As packColumns8 for fewer than eight features; the missing ones are zero. */
function packColumnsFew(y: usize, x: usize, xPanel: usize, panels: usize, count: usize): void {
  memory.fill(y, 0, panels << 8);
  for (let p: usize = 0; p < panels; p++) {
    for (let f: usize = 0; f < count; f++) {
      for (let lane: usize = 0; lane < 8; lane++) {
        const at = ((p << 3) + lane) << 5;
        store<f32>(y + at + (f << 2), load<f32>(x + p * xPanel + (f << 5) + (lane << 2)));
      }
    }
  }
}

/**
 * dw = dy · x^T, summed over all lanes of all panels.
 *
 * dy [panels, rows, 8]; x [panels, cols, 8]; dw [rows, cols] row-major, overwritten.
 * Samples in which eight neighbouring inputs are all zero are skipped for those columns; dy is to be finite.
 * scratch: (rows + 9) * panels * 32 + 32 bytes. Nothing may overlap.
 */
export function gemm_nt_f32(
  dw: usize,
  dy: usize,
  x: usize,
  rows: usize,
  cols: usize,
  panels: usize,
  scratch: usize,
): void {
  const k = panels << 3;
  const packedRow = k << 2;
  const block = scratch + rows * packedRow;
  const spare = block + (panels << 8);
  const list = spare + 32;
  const dyPanel = rows << 5;
  const xPanel = cols << 5;
  const dwRow = cols << 2;
  const none: f32 = -Infinity;
  for (let r: usize = 0; r < rows; r++) packRow(scratch + r * packedRow, dy + (r << 5), dyPanel, panels);
  if (cols < 8) {
    packColumnsFew(block, x, xPanel, panels, cols);
    for (let r: usize = 0; r < rows; r++) {
      gemm_row(spare, scratch + r * packedRow, 0, block, 32, k, none);
      memory.copy(dw + r * dwRow, spare, dwRow);
    }
    return;
  }
  for (let j: usize = 0; j < cols; j += 8) {
    const c = min(j, cols - 8);
    packColumns8(block, x + (c << 5), xPanel, panels);
    const out = dw + (c << 2);
    if (rows < 4) {
      for (let r: usize = 0; r < rows; r++)
        gemm_row(out + r * dwRow, scratch + r * packedRow, 0, block, 32, k, none);
    } else {
      // Eight neighbouring pixels are often background in a sample: such samples add nothing to these columns.
      const count = list_rows(list, block, k);
      const skips = skipPays(count, k);
      for (let i: usize = 0; i < rows; i += 4) {
        const r = min(i, rows - 4);
        const from = scratch + r * packedRow;
        if (skips) gemm_rows4_listed(out + r * dwRow, dwRow, from, packedRow, 0, block, list, count);
        else gemm_rows4(out + r * dwRow, dwRow, scratch + r * packedRow, packedRow, 0, block, k, none);
      }
    }
  }
}
