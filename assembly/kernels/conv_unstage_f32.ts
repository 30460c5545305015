/** Out of a staged input. */

/**
 * x [channels, height, width, lanes] = the interior of y [channels, stagedHeight, stagedWidth, lanes], whose first row is
 * row `top` and whose first column is column `left`. One phase; what lies in the borders is left behind. Lanes a multiple of 8.
 */
export function conv_unstage_f32(
  x: usize,
  y: usize,
  channels: usize,
  height: usize,
  width: usize,
  lanes: usize,
  top: usize,
  left: usize,
  stagedHeight: usize,
  stagedWidth: usize,
): void {
  const pitch = lanes << 2;
  const row = width * pitch;
  const stagedRow = stagedWidth * pitch;
  y += top * stagedRow + left * pitch;
  for (; channels > 0; channels--) {
    let from = y;
    for (let iy: usize = 0; iy < height; iy++) {
      let p = from;
      for (const end = x + row; x < end; x += 32) {
        v128.store(x, v128.load(p));
        v128.store(x, v128.load(p, 16), 16);
        p += 32;
      }
      from += stagedRow;
    }
    y += stagedHeight * stagedRow;
  }
}
