/**
 * Pooling without padding: x [tiles, channels, height, width, lanes] to y [tiles, channels, outHeight, outWidth, lanes].
 *
 * Sizes count pixels; all windows lie inside the image. Each output joins the inputs of its window row by row, from left
 * to right, whatever the lanes are: the same bits for every width of tile.
 */
import { loadTail, loadUpTo4, storeUpTo4, sumLanes } from '../simd';

/**
 * The larger of two; NaN if either is one, -0 for zeros of both signs. The two orders of a pseudo-maximum differ only
 * there, and to set the bits of both keeps a NaN: three instructions, where f32x4.max takes eight on x86.
 */
function larger(a: v128, b: v128): v128 {
  return v128.or(f32x4.pmax(a, b), f32x4.pmax(b, a));
}

/** The inputs at even places of eight neighbours. */
function evens(p: usize): v128 {
  return v128.shuffle<f32>(v128.load(p), v128.load(p, 16), 0, 2, 4, 6);
}

/** The inputs at odd places of eight neighbours. */
function odds(p: usize): v128 {
  return v128.shuffle<f32>(v128.load(p), v128.load(p, 16), 1, 3, 5, 7);
}

/** `count` neighbouring outputs whose inputs are neighbours too; inputs of a window lie `pitch` bytes apart, its rows `row`. */
function maxRun(y: usize, x: usize, count: usize, pitch: usize, row: usize, high: usize, wide: usize): void {
  for (let i: usize = 0; i < count; i += 4) {
    const left = count - i;
    let best = loadUpTo4(x, left);
    let line = x;
    for (const end = x + high * row; line < end; line += row) {
      for (let p = line, stop = line + wide * pitch; p < stop; p += pitch) {
        best = larger(best, loadUpTo4(p, left));
      }
    }
    storeUpTo4(y, best, left);
    x += 16;
    y += 16;
  }
}

/** As maxRun for windows of two by two and a count that is a multiple of four. */
function maxRun2(y: usize, x: usize, count: usize, pitch: usize, row: usize): void {
  for (const end = y + (count << 2); y < end; y += 16) {
    const upper = larger(v128.load(x), v128.load(x + pitch));
    v128.store(y, larger(larger(upper, v128.load(x + row)), v128.load(x + row + pitch)));
    x += 16;
  }
}

/** A row of at least four outputs, one lane, windows of two by two that do not overlap. */
function maxPairs(y: usize, x: usize, count: usize, row: usize): void {
  for (let i: usize = 0; i < count; i += 4) {
    const at = min(i, count - 4); // the last four may overlap those before: outputs are computed anew, never short
    const p = x + (at << 3);
    const upper = larger(evens(p), odds(p));
    v128.store(y + (at << 2), larger(larger(upper, evens(p + row)), odds(p + row)));
  }
}

/** y = the largest input of each window, NaN if there is one in it. Lanes 1 or a multiple of 4. */
export function max_pool_f32(
  y: usize,
  x: usize,
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
  const two = kernelHeight == 2 && kernelWidth == 2;
  const pairs = two && lanes == 1 && strideWidth == 2 && outWidth >= 4;
  const count = strideWidth == 1 ? outWidth * lanes : lanes; // neighbours whose inputs are neighbours
  const step = strideWidth == 1 ? outWidth * pitch : strideWidth * pitch;
  const outRow = outWidth * pitch;
  for (let plane = tiles * channels; plane > 0; plane--) {
    let line = x;
    for (let oy: usize = 0; oy < outHeight; oy++) {
      if (pairs) maxPairs(y, line, outWidth, row);
      else {
        let p = line;
        for (let to = y, end = y + outRow; to < end; to += count << 2) {
          if (two && (count & 3) == 0) maxRun2(to, p, count, pitch, row);
          else maxRun(to, p, count, pitch, row, kernelHeight, kernelWidth);
          p += step;
        }
      }
      y += outRow;
      line += strideHeight * row;
    }
    x += height * row;
  }
}

/** As maxRun: the mean. -0 adds nothing, not even a sign. */
function meanRun(y: usize, x: usize, count: usize, pitch: usize, row: usize, high: usize, wide: usize): void {
  const divisor = f32x4.splat(<f32>(high * wide));
  for (let i: usize = 0; i < count; i += 4) {
    const left = count - i;
    let sum = f32x4.splat(-0.0);
    let line = x;
    for (const end = x + high * row; line < end; line += row) {
      for (let p = line, stop = line + wide * pitch; p < stop; p += pitch) {
        sum = f32x4.add(sum, loadUpTo4(p, left));
      }
    }
    storeUpTo4(y, f32x4.div(sum, divisor), left);
    x += 16;
    y += 16;
  }
}

/** As maxRun2: the mean. */
function meanRun2(y: usize, x: usize, count: usize, pitch: usize, row: usize): void {
  const divisor = f32x4.splat(4);
  for (const end = y + (count << 2); y < end; y += 16) {
    const three = f32x4.add(f32x4.add(v128.load(x), v128.load(x + pitch)), v128.load(x + row));
    v128.store(y, f32x4.div(f32x4.add(three, v128.load(x + row + pitch)), divisor));
    x += 16;
  }
}

/** As maxPairs: the mean. */
function meanPairs(y: usize, x: usize, count: usize, row: usize): void {
  for (let i: usize = 0; i < count; i += 4) {
    const at = min(i, count - 4);
    const p = x + (at << 3);
    const three = f32x4.add(f32x4.add(evens(p), odds(p)), evens(p + row));
    v128.store(y + (at << 2), f32x4.div(f32x4.add(three, odds(p + row)), f32x4.splat(4)));
  }
}

/** The mean of a whole image [pixels, lanes] in four sums, pixel i in sum i % 4, joined as sumLanes does. */
function meanImage(y: usize, x: usize, pixels: usize, lanes: usize): void {
  const divisor = f32x4.splat(<f32>pixels);
  const pitch = lanes << 2;
  let s0 = f32x4.splat(0);
  if (lanes == 1) {
    const tail = pixels & 3;
    for (const end = x + ((pixels - tail) << 2); x < end; x += 16) s0 = f32x4.add(s0, v128.load(x));
    if (tail) s0 = f32x4.add(s0, loadTail(x, tail));
    store<f32>(y, f32x4.extract_lane(f32x4.div(f32x4.splat(sumLanes(s0)), divisor), 0));
    return;
  }
  for (let lane: usize = 0; lane < pitch; lane += 16) {
    s0 = f32x4.splat(0);
    let s1 = s0,
      s2 = s0,
      s3 = s0;
    let p = x + lane;
    let left = pixels;
    for (; left >= 4; left -= 4) {
      s0 = f32x4.add(s0, v128.load(p));
      s1 = f32x4.add(s1, v128.load(p + pitch));
      s2 = f32x4.add(s2, v128.load(p + 2 * pitch));
      s3 = f32x4.add(s3, v128.load(p + 3 * pitch));
      p += pitch << 2;
    }
    if (left > 0) s0 = f32x4.add(s0, v128.load(p));
    if (left > 1) s1 = f32x4.add(s1, v128.load(p + pitch));
    if (left > 2) s2 = f32x4.add(s2, v128.load(p + 2 * pitch));
    v128.store(y + lane, f32x4.div(f32x4.add(f32x4.add(s0, s2), f32x4.add(s1, s3)), divisor));
  }
}

/** y = the mean of each window. A window that is the whole image is added in four interleaved sums. Lanes as above. */
export function avg_pool_f32(
  y: usize,
  x: usize,
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
  const whole = kernelHeight == height && kernelWidth == width;
  const two = kernelHeight == 2 && kernelWidth == 2;
  const pairs = two && lanes == 1 && strideWidth == 2 && outWidth >= 4;
  const count = strideWidth == 1 ? outWidth * lanes : lanes;
  const step = strideWidth == 1 ? outWidth * pitch : strideWidth * pitch;
  const outRow = outWidth * pitch;
  for (let plane = tiles * channels; plane > 0; plane--) {
    let line = x;
    for (let oy: usize = 0; oy < outHeight; oy++) {
      if (whole) meanImage(y, line, height * width, lanes);
      else if (pairs) meanPairs(y, line, outWidth, row);
      else {
        let p = line;
        for (let to = y, end = y + outRow; to < end; to += count << 2) {
          if (two && (count & 3) == 0) meanRun2(to, p, count, pitch, row);
          else meanRun(to, p, count, pitch, row, kernelHeight, kernelWidth);
          p += step;
        }
      }
      y += outRow;
      line += strideHeight * row;
    }
    x += height * row;
  }
}
