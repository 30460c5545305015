/** Images read through a map of positions, with bilinear interpolation; beyond their borders everything is zero. */
import { loadUpTo4, storeUpTo4 } from '../simd';

/** Copies a plane to where a row and a column of zeros come before it, and two of each after it. */
function pad(padded: usize, x: usize, height: usize, width: usize): void {
  const pitch = (width + 3) << 2;
  memory.fill(padded, 0, pitch * (height + 3));
  let to = padded + pitch + 4;
  for (let row: usize = 0; row < height; row++) {
    for (let c: usize = 0; c < width; c += 4) {
      const at = c << 2;
      storeUpTo4(to + at, loadUpTo4(x + at, width - c), width - c);
    }
    to += pitch;
    x += width << 2;
  }
}

/** x cut to low ... high; NaN becomes low. */
function cut(x: v128, low: v128, high: v128): v128 {
  return f32x4.pmin(f32x4.pmax(low, x), high);
}

/** Whole lanes from -2^22 to 2^22 as integers: two instructions, where a conversion that must not trap takes eight. */
function integers(x: v128): v128 {
  return i32x4.sub(f32x4.add(x, f32x4.splat(12582912)), i32x4.splat(0x4b400000));
}

/** Two neighbours each of two pixels. */
function pairs(p: usize, q: usize): v128 {
  return v128.load_lane<u64>(q, v128.load64_zero(p), 1);
}

/** Four pixels at (row, col) of a plane padded by pad(), whose first pixel is at `origin`. */
function sample4(origin: usize, pitch: usize, row: v128, col: v128, rows: v128, cols: v128): v128 {
  // Positions beyond the border give zeros wherever they are: they may be cut to the nearest of those.
  const before = f32x4.splat(-1);
  const one = f32x4.splat(1);
  row = cut(row, before, rows);
  col = cut(col, before, cols);
  const top = f32x4.floor(row);
  const left = f32x4.floor(col);
  const down = f32x4.sub(row, top);
  const right = f32x4.sub(col, left);
  const lines = i32x4.mul(integers(top), i32x4.splat(<i32>pitch));
  const at = i32x4.add(lines, i32x4.shl(integers(left), 2));
  const a = origin + <usize>i32x4.extract_lane(at, 0);
  const b = origin + <usize>i32x4.extract_lane(at, 1);
  const c = origin + <usize>i32x4.extract_lane(at, 2);
  const d = origin + <usize>i32x4.extract_lane(at, 3);
  const up01 = pairs(a, b);
  const up23 = pairs(c, d);
  const low01 = pairs(a + pitch, b + pitch);
  const low23 = pairs(c + pitch, d + pitch);
  // Weights that add up to one, not differences of pixels: nothing overflows, and whole positions give the very pixel.
  const stay = f32x4.sub(one, right);
  const up = f32x4.add(
    f32x4.mul(v128.shuffle<f32>(up01, up23, 0, 2, 4, 6), stay),
    f32x4.mul(v128.shuffle<f32>(up01, up23, 1, 3, 5, 7), right),
  );
  const low = f32x4.add(
    f32x4.mul(v128.shuffle<f32>(low01, low23, 0, 2, 4, 6), stay),
    f32x4.mul(v128.shuffle<f32>(low01, low23, 1, 3, 5, 7), right),
  );
  return f32x4.add(f32x4.mul(up, f32x4.sub(one, down)), f32x4.mul(low, down));
}

/**
 * y(r, c) = x at row m0 r + m1 c + m2 + field0(r, c), column m3 r + m4 c + m5 + field1(r, c): between pixels by bilinear
 * interpolation, 0 beyond them.
 *
 * x, y [channels, height, width], y may be x; map m [6]; field [2, height, width], or 0 for none;
 * padded [height + 3, width + 3] is scratch. Height and width are below 2^22.
 */
export function warp_f32(
  y: usize,
  x: usize,
  map: usize,
  field: usize,
  padded: usize,
  channels: usize,
  height: usize,
  width: usize,
): void {
  const pitch = (width + 3) << 2;
  const planeBytes = (height * width) << 2;
  const origin = padded + pitch + 4;
  const rows = f32x4.splat(<f32>height);
  const cols = f32x4.splat(<f32>width);
  const rowStep = v128.load32_splat(map, 4);
  const colStep = v128.load32_splat(map, 16);
  for (let channel: usize = 0; channel < channels; channel++) {
    pad(padded, x, height, width);
    let shift = field;
    for (let r: usize = 0; r < height; r++) {
      const row0 = f32x4.splat(load<f32>(map) * <f32>r + load<f32>(map, 8));
      const col0 = f32x4.splat(load<f32>(map, 12) * <f32>r + load<f32>(map, 20));
      let c = f32x4(0, 1, 2, 3);
      for (let left = <isize>width; left > 0; left -= 4) {
        let row = f32x4.add(f32x4.mul(rowStep, c), row0);
        let col = f32x4.add(f32x4.mul(colStep, c), col0);
        if (field) {
          row = f32x4.add(row, loadUpTo4(shift, left));
          col = f32x4.add(col, loadUpTo4(shift + planeBytes, left));
          shift += 4 * min(4, left);
        }
        storeUpTo4(y, sample4(origin, pitch, row, col, rows, cols), left);
        y += 4 * min(4, left);
        c = f32x4.add(c, f32x4.splat(4));
      }
    }
    x += planeBytes;
  }
}
