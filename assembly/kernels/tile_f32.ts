/** Layout changes between samples (rows) and tiles of lanes (feature-major). */

/** Samples that are transposed together: their rows fit the ways of a first-level cache even if all map to one set. */
const TOGETHER: usize = 8;

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

/** Transposes rows [row, rowEnd) and columns [col, colEnd) one by one. */
function copyPart(
  y: usize,
  yRow: usize,
  x: usize,
  xRow: usize,
  row: usize,
  rowEnd: usize,
  col: usize,
  colEnd: usize,
): void {
  for (; row < rowEnd; row++) {
    for (let c = col; c < colEnd; c++) {
      store<f32>(y + c * yRow + (row << 2), load<f32>(x + row * xRow + (c << 2)));
    }
  }
}

/**
 * Transposes four rows of `cols` columns, a multiple of 4. A function of its own, and exported so that it stays one: what
 * V8 compiles anew because it is hot is then no more than this loop, and sessions start earlier.
 */
export function transpose_rows4(y: usize, yRow: usize, x: usize, xRow: usize, cols: usize): void {
  const step = yRow << 2;
  for (const end = x + (cols << 2); x < end; x += 16) {
    transpose4x4(y, yRow, x, xRow);
    y += step;
  }
}

/** Transposes x [rows, cols] into y: row pitches in bytes; any size. */
function transpose(y: usize, yRow: usize, x: usize, xRow: usize, rows: usize, cols: usize): void {
  const rows4 = rows & ~3;
  const cols4 = cols & ~3;
  for (let r: usize = 0; r < rows4; r += 4) {
    const from = x + r * xRow;
    const to = y + (r << 2);
    if (cols4 > TOGETHER) transpose_rows4(to, yRow, from, xRow, cols4);
    else for (let c: usize = 0; c < cols4; c += 4) transpose4x4(to + c * yRow, yRow, from + (c << 2), xRow);
  }
  if (cols4 < cols) copyPart(y, yRow, x, xRow, 0, rows4, cols4, cols);
  if (rows4 < rows) copyPart(y, yRow, x, xRow, rows4, rows, 0, cols);
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

/**
 * As tile_f32, for chosen features only, four at a time.
 *
 * list [groups] u32: byte offset in a sample of four consecutive features that stay; x samples are xRow bytes apart;
 * y [ceil(samples / lanes), groups * 4, lanes].
 */
export function tile_gather_f32(
  y: usize,
  x: usize,
  list: usize,
  groups: usize,
  xRow: usize,
  samples: usize,
  lanes: usize,
): void {
  const yRow = lanes << 2;
  const tileBytes = groups * 4 * yRow;
  const listEnd = list + (groups << 2);
  for (let s: usize = 0; s < samples; s += lanes) {
    const count = min(lanes, samples - s);
    if (count < lanes) memory.fill(y, 0, tileBytes);
    for (let first: usize = 0; first < count; first += TOGETHER) {
      const here = min(TOGETHER, count - first);
      const here4 = here & ~3;
      const from = x + first * xRow;
      let to = y + (first << 2);
      for (let g = list; g < listEnd; g += 4) {
        const at = from + <usize>load<u32>(g);
        for (let q: usize = 0; q < here4; q += 4) transpose4x4(to + (q << 2), yRow, at + q * xRow, xRow);
        for (let q = here4; q < here; q++) {
          const one = at + q * xRow;
          const out = to + (q << 2);
          store<f32>(out, load<f32>(one));
          store<f32>(out + yRow, load<f32>(one, 4));
          store<f32>(out + 2 * yRow, load<f32>(one, 8));
          store<f32>(out + 3 * yRow, load<f32>(one, 12));
        }
        to += yRow << 2;
      }
    }
    x += lanes * xRow;
    y += tileBytes;
  }
}

/** Inverse of tile_f32: x [ceil(samples / lanes), features, lanes]; y [samples, features]. */
export function untile_f32(y: usize, x: usize, features: usize, samples: usize, lanes: usize): void {
  const yRow = features << 2;
  const xRow = lanes << 2;
  for (let s: usize = 0; s < samples; s += lanes) {
    const count = min(lanes, samples - s);
    for (let first: usize = 0; first < count; first += TOGETHER) {
      transpose(y + (s + first) * yRow, yRow, x + (first << 2), xRow, features, min(TOGETHER, count - first));
    }
    x += features * xRow;
  }
}
