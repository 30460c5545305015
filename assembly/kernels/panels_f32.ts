/** Layout changes between tiles of 8, 16 or 32 lanes and panels of eight, for chosen features. */

/** Copies `rows` rows of eight floats that are yRow and xRow bytes apart. */
function copyRows(y: usize, yRow: usize, x: usize, xRow: usize, rows: usize): void {
  for (; rows > 0; rows--) {
    v128.store(y, v128.load(x));
    v128.store(y, v128.load(x, 16), 16);
    y += yRow;
    x += xRow;
  }
}

/**
 * y = features [first, first + count) of x, cut into panels of eight samples.
 *
 * x [tiles, features, lanes]; y [tiles * lanes / 8, count, 8]: panel t * lanes / 8 + p holds lanes 8 p .. 8 p + 7 of tile t.
 */
export function panels_from_tiles_f32(
  y: usize,
  x: usize,
  features: usize,
  first: usize,
  count: usize,
  lanes: usize,
  tiles: usize,
): void {
  const row = lanes << 2;
  x += first * row;
  for (; tiles > 0; tiles--) {
    for (let part: usize = 0; part < row; part += 32) {
      copyRows(y, 32, x + part, row, count);
      y += count << 5;
    }
    x += features * row;
  }
}

/** Inverse of panels_from_tiles_f32 for all features: x [tiles * lanes / 8, features, 8]; y [tiles, features, lanes]. */
export function tiles_from_panels_f32(y: usize, x: usize, features: usize, lanes: usize, tiles: usize): void {
  const row = lanes << 2;
  for (; tiles > 0; tiles--) {
    for (let part: usize = 0; part < row; part += 32) {
      copyRows(y + part, row, x, 32, features);
      x += features << 5;
    }
    y += features * row;
  }
}
