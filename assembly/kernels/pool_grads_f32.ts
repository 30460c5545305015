/**
 * Gradients of pooling: dx, x [tiles, channels, height, width, lanes]; dy, y [tiles, channels, outHeight, outWidth, lanes].
 *
 * Sizes count pixels; lanes are a multiple of 8. dx is overwritten: what no window reads gets 0, what several windows
 * read the sum of what they give, in their order.
 */

/** One window, four lanes: the first input that is the maximum gets it all; inputs lie `pitch` bytes apart, rows `row`. */
function maxWindow(
  dx: usize,
  x: usize,
  dy: v128,
  y: v128,
  pitch: usize,
  row: usize,
  high: usize,
  wide: usize,
): void {
  let left = dy;
  for (; high > 0; high--) {
    let p = dx;
    for (let from = x, end = x + wide * pitch; from < end; from += pitch) {
      const found = f32x4.eq(v128.load(from), y);
      v128.store(p, f32x4.add(v128.load(p), v128.and(left, found)));
      left = v128.andnot(left, found);
      p += pitch;
    }
    dx += row;
    x += row;
  }
}

/** A row of windows of two by two that lie apart: what they read is written at once. */
function maxRow2(
  dx: usize,
  x: usize,
  dy: usize,
  y: usize,
  outRow: usize,
  pitch: usize,
  step: usize,
  row: usize,
): void {
  for (const end = dy + outRow; dy < end; ) {
    for (const stop = dy + pitch; dy < stop; dy += 16) {
      const best = v128.load(y);
      let left = v128.load(dy);
      let found = f32x4.eq(v128.load(x), best);
      v128.store(dx, v128.and(left, found));
      left = v128.andnot(left, found);
      found = f32x4.eq(v128.load(x + pitch), best);
      v128.store(dx + pitch, v128.and(left, found));
      left = v128.andnot(left, found);
      found = f32x4.eq(v128.load(x + row), best);
      v128.store(dx + row, v128.and(left, found));
      left = v128.andnot(left, found);
      found = f32x4.eq(v128.load(x + row + pitch), best);
      v128.store(dx + row + pitch, v128.and(left, found));
      x += 16;
      y += 16;
      dx += 16;
    }
    dx += step - pitch;
    x += step - pitch;
  }
}

/**
 * dx of max_pool_f32 from dy, its input x and its output y. The first maximum of a window, in the order of its rows,
 * takes all of dy. A window whose maximum is NaN passes nothing on.
 */
export function max_pool_grad_f32(
  dx: usize,
  dy: usize,
  x: usize,
  y: usize,
  channels: usize,
  height: usize,
  width: usize,
  outHeight: usize,
  outWidth: usize,
  kernelHeight: usize,
  kernelWidth: usize,
  strideHeight: usize,
  strideWidth: usize,
  lanes: usize,
  tiles: usize,
): void {
  const pitch = lanes << 2;
  const row = width * pitch;
  const step = strideWidth * pitch;
  const outRow = outWidth * pitch;
  const apart = kernelHeight == 2 && kernelWidth == 2 && strideHeight >= 2 && strideWidth >= 2;
  const covered = apart && outHeight * 2 == height && outWidth * 2 == width;
  for (let plane = tiles * channels; plane > 0; plane--) {
    if (!covered) memory.fill(dx, 0, height * row);
    for (let oy: usize = 0; oy < outHeight; oy++) {
      let at = oy * strideHeight * row;
      if (apart) maxRow2(dx + at, x + at, dy, y, outRow, pitch, step, row);
      else {
        for (let o: usize = 0; o < outRow; o += pitch) {
          for (let lane: usize = 0; lane < pitch; lane += 16) {
            const g = v128.load(dy + o + lane),
              best = v128.load(y + o + lane);
            maxWindow(dx + at + lane, x + at + lane, g, best, pitch, row, kernelHeight, kernelWidth);
          }
          at += step;
        }
      }
      dy += outRow;
      y += outRow;
    }
    dx += height * row;
    x += height * row;
  }
}

/** One window, four lanes: what stands `away` bytes from where the first maximum y of x is; from its end, so that the first wins. */
function pickWindow(
  x: usize,
  away: usize,
  y: v128,
  pitch: usize,
  row: usize,
  high: usize,
  wide: usize,
): v128 {
  let picked = f32x4.splat(0);
  for (let line = x + high * row; line > x; ) {
    line -= row;
    for (let p = line + wide * pitch; p > line; ) {
      p -= pitch;
      picked = v128.bitselect(v128.load(p + away), picked, f32x4.eq(v128.load(p), y));
    }
  }
  return picked;
}

/**
 * The transpose of max_pool_grad_f32, to [tiles, channels, outHeight, outWidth, lanes]: of every window of z, shaped as x, the
 * value at the place of the first maximum that max_pool_f32 found in x; y is what it gave. 0 where that is NaN. `to` may be y.
 */
export function max_pool_pick_f32(
  to: usize,
  z: usize,
  x: usize,
  y: usize,
  channels: usize,
  height: usize,
  width: usize,
  outHeight: usize,
  outWidth: usize,
  kernelHeight: usize,
  kernelWidth: usize,
  strideHeight: usize,
  strideWidth: usize,
  lanes: usize,
  tiles: usize,
): void {
  const pitch = lanes << 2;
  const row = width * pitch;
  const step = strideWidth * pitch;
  const outRow = outWidth * pitch;
  const away = z - x;
  for (let plane = tiles * channels; plane > 0; plane--) {
    for (let oy: usize = 0; oy < outHeight; oy++) {
      let at = x + oy * strideHeight * row;
      for (const end = y + outRow; y < end; at += step - pitch) {
        for (const stop = y + pitch; y < stop; y += 16) {
          v128.store(to, pickWindow(at, away, v128.load(y), pitch, row, kernelHeight, kernelWidth));
          to += 16;
          at += 16;
        }
      }
    }
    x += height * row;
  }
}

/** dx of avg_pool_f32 from dy: every input of a window gets an equal share. */
export function avg_pool_grad_f32(
  dx: usize,
  dy: usize,
  channels: usize,
  height: usize,
  width: usize,
  outHeight: usize,
  outWidth: usize,
  kernelHeight: usize,
  kernelWidth: usize,
  strideHeight: usize,
  strideWidth: usize,
  lanes: usize,
  tiles: usize,
): void {
  const pitch = lanes << 2;
  const row = width * pitch;
  const step = strideWidth * pitch;
  const divisor = f32x4.splat(<f32>(kernelHeight * kernelWidth));
  for (let plane = tiles * channels; plane > 0; plane--) {
    memory.fill(dx, 0, height * row);
    for (let oy: usize = 0; oy < outHeight; oy++) {
      let at = dx + oy * strideHeight * row;
      for (const end = dy + outWidth * pitch; dy < end; at += step - pitch) {
        for (const stop = dy + pitch; dy < stop; dy += 16) {
          const share = f32x4.div(v128.load(dy), divisor);
          let line = at;
          for (const last = at + kernelHeight * row; line < last; line += row) {
            for (let p = line, right = line + kernelWidth * pitch; p < right; p += pitch) {
              v128.store(p, f32x4.add(v128.load(p), share));
            }
          }
          at += 16;
        }
      }
    }
    dx += height * row;
  }
}
