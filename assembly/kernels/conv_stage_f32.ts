/** Layout changes around a convolution: into the staged input, and out of an output whose rows are too long. */

/** Copies `bytes`, a multiple of 4. The last vector may overlap the one before. */
function copyRow(y: usize, x: usize, bytes: usize): void {
  if (bytes < 16) {
    for (let i: usize = 0; i < bytes; i += 4) store<f32>(y + i, load<f32>(x + i));
    return;
  }
  const last = bytes - 16;
  for (let i: usize = 0; i < last; i += 16) v128.store(y + i, v128.load(x + i));
  v128.store(y + last, v128.load(x + last));
}

/** Copies floats that are xStep bytes apart to places side by side. */
function copyEach(y: usize, x: usize, xStep: usize, count: usize): void {
  for (const end = y + (count << 2); y < end; y += 4) {
    store<f32>(y, load<f32>(x));
    x += xStep;
  }
}

/** Copies the first, third, ... of `pairs` pairs of floats, a multiple of 4, to `even`, the others to `odd`. */
function split(even: usize, odd: usize, x: usize, pairs: usize): void {
  for (const end = even + (pairs << 2); even < end; even += 16) {
    const a = v128.load(x),
      b = v128.load(x, 16);
    v128.store(even, v128.shuffle<f32>(a, b, 0, 2, 4, 6));
    v128.store(odd, v128.shuffle<f32>(a, b, 1, 3, 5, 7));
    odd += 16;
    x += 32;
  }
}

/** Copies pixels of `bytes` that are xStep bytes apart to places side by side. */
function copyPixels(y: usize, x: usize, xStep: usize, bytes: usize, count: usize): void {
  for (const end = y + count * bytes; y < end; y += bytes) {
    if (bytes == 16) v128.store(y, v128.load(x));
    else copyRow(y, x, bytes);
    x += xStep;
  }
}

/** One row in phases: pixel X = ix + left becomes place X / phases of phase X % phases, phases phaseBytes apart. */
function stagePhases(
  y: usize,
  x: usize,
  width: usize,
  lanes: usize,
  left: usize,
  phases: usize,
  phaseBytes: usize,
): void {
  const pixel = lanes << 2;
  const step = pixel * phases;
  // The pixels before `done` are in place already.
  let done: usize = 0;
  if (lanes == 1 && phases == 2) {
    done = width & ~7;
    const even = y + (left & 1) * phaseBytes + ((left >> 1) << 2);
    const odd = y + (~left & 1) * phaseBytes + (((left + 1) >> 1) << 2);
    split(even, odd, x, done >> 1);
  }
  for (let ix = done; ix < min(done + phases, width); ix++) {
    const place = ix + left;
    const to = y + (place % phases) * phaseBytes + (place / phases) * pixel;
    const from = x + ix * pixel;
    const count = (width - ix + phases - 1) / phases;
    if (lanes == 1) copyEach(to, from, step, count);
    else copyPixels(to, from, step, pixel, count);
  }
}

/**
 * Copies x [channels, height, width, lanes] into the interior of the staged
 * y [channels, stagedHeight, phases, stagedWidth, lanes]; what lies around it is not touched.
 *
 * Element (c, iy, ix) goes to row iy + top; with X = ix + left, to phase X % phases, place X / phases.
 */
export function conv_stage_f32(
  y: usize,
  x: usize,
  channels: usize,
  height: usize,
  width: usize,
  lanes: usize,
  top: usize,
  left: usize,
  stagedHeight: usize,
  stagedWidth: usize,
  phases: usize,
): void {
  const pixel = lanes << 2;
  const row = width * pixel;
  const phaseBytes = stagedWidth * pixel;
  const stagedRow = phaseBytes * phases;
  for (let c: usize = 0; c < channels; c++) {
    let to = y + (c * stagedHeight + top) * stagedRow;
    for (let iy: usize = 0; iy < height; iy++) {
      if (phases == 1) copyRow(to + left * pixel, x, row);
      else stagePhases(to, x, width, lanes, left, phases, phaseBytes);
      to += stagedRow;
      x += row;
    }
  }
}

/** y [rows, height, width] = the beginnings of the rows of x [rows, height, pitch], in floats. */
export function conv_crop_f32(
  y: usize,
  x: usize,
  rows: usize,
  height: usize,
  width: usize,
  pitch: usize,
): void {
  const bytes = width << 2;
  for (let count = rows * height; count > 0; count--) {
    copyRow(y, x, bytes);
    y += bytes;
    x += pitch << 2;
  }
}
