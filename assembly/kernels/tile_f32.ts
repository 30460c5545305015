/** Layout changes between samples (rows) and tiles of lanes (feature-major). */

/** Four features of four samples: y rows are `yRow` bytes apart, x rows `xRow` bytes apart. */
function transpose4x4(y: usize, yRow: usize, x: usize, xRow: usize): void {
  const a = v128.load(x),
    b = v128.load(x + xRow),
    c = v128.load(x + 2 * xRow),
    d = v128.load(x + 3 * xRow);
  const ab0 = v128.shuffle<f32>(a, b, 0, 4, 1, 5),
    ab1 = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  const cd0 = v128.shuffle<f32>(c, d, 0, 4, 1, 5),
    cd1 = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  v128.store(y, v128.shuffle<f32>(ab0, cd0, 0, 1, 4, 5));
  v128.store(y + yRow, v128.shuffle<f32>(ab0, cd0, 2, 3, 6, 7));
  v128.store(y + 2 * yRow, v128.shuffle<f32>(ab1, cd1, 0, 1, 4, 5));
  v128.store(y + 3 * yRow, v128.shuffle<f32>(ab1, cd1, 2, 3, 6, 7));
}

/** Transposes x [rows, cols] into y: row pitches in bytes; any size. */
function transpose(y: usize, yRow: usize, x: usize, xRow: usize, rows: usize, cols: usize): void {
  const rows4 = rows & ~3;
  const cols4 = cols & ~3;
  for (let r: usize = 0; r < rows4; r += 4) {
    const from = x + r * xRow;
    const to = y + (r << 2);
    for (let c: usize = 0; c < cols4; c += 4) transpose4x4(to + c * yRow, yRow, from + (c << 2), xRow);
  }
  for (let r: usize = 0; r < rows; r++) {
    for (let c: usize = r < rows4 ? cols4 : 0; c < cols; c++) {
      store<f32>(y + c * yRow + (r << 2), load<f32>(x + r * xRow + (c << 2)));
    }
  }
}

/**
 * y = x in tiles: sample s becomes lane s % lanes of tile s / lanes; missing lanes of the last tile are zero.
 *
 * x [samples, features]; y [ceil(samples / lanes), features, lanes].
 */
export function tile_f32(y: usize, x: usize, features: usize, samples: usize, lanes: usize): void {
  const xRow = features << 2;
  const yRow = lanes << 2;
  const tileBytes = features * yRow;
  for (let s: usize = 0; s < samples; s += lanes) {
    const count = min(lanes, samples - s);
    if (count < lanes) memory.fill(y, 0, tileBytes);
    transpose(y, yRow, x + s * xRow, xRow, count, features);
    y += tileBytes;
  }
}

/** Inverse of tile_f32: x [ceil(samples / lanes), features, lanes]; y [samples, features]. */
export function untile_f32(y: usize, x: usize, features: usize, samples: usize, lanes: usize): void {
  const yRow = features << 2;
  const xRow = lanes << 2;
  for (let s: usize = 0; s < samples; s += lanes) {
    transpose(y + s * yRow, yRow, x, xRow, features, min(lanes, samples - s));
    x += features * xRow;
  }
}
