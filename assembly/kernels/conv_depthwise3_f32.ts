/**
 * Depthwise convolution with windows of three rows and three columns, at stride 1. A column of four floats goes down
 * the image, so that an input is loaded once for three outputs: of the one below it, of its own, and of the one above.
 */
import { atLeast, madd } from '../simd';

/**
 * Four floats of every output row; y advances `yRow` bytes a row, x `xRow`. The first two turns have no output yet:
 * what they store in the first row, the third overwrites. Exported only to keep it apart.
 */
export function conv_depthwise3_column(
  y: usize,
  yRow: usize,
  w: usize,
  bias: usize,
  x: usize,
  xRow: usize,
  step: usize,
  height: usize,
  low: f32,
): void {
  const w0 = v128.load32_splat(w),
    w1 = v128.load32_splat(w, 4),
    w2 = v128.load32_splat(w, 8),
    w3 = v128.load32_splat(w, 12),
    w4 = v128.load32_splat(w, 16),
    w5 = v128.load32_splat(w, 20),
    w6 = v128.load32_splat(w, 24),
    w7 = v128.load32_splat(w, 28),
    w8 = v128.load32_splat(w, 32);
  const begin = v128.load32_splat(bias);
  const floor = f32x4.splat(low);
  let s = begin, // has met its first row
    t = begin; // has met its second one
  for (let r: usize = 0; r < height + 2; r++) {
    let out = t;
    t = s;
    s = begin;
    let a = v128.load(x);
    out = madd(w6, a, out);
    t = madd(w3, a, t);
    s = madd(w0, a, s);
    a = v128.load(x + step);
    out = madd(w7, a, out);
    t = madd(w4, a, t);
    s = madd(w1, a, s);
    a = v128.load(x + (step << 1));
    out = madd(w8, a, out);
    t = madd(w5, a, t);
    s = madd(w2, a, s);
    v128.store(y, atLeast(out, floor));
    if (r > 1) y += yRow;
    x += xRow;
  }
}

/** Copies rows of `bytes`, a multiple of 4 and at least 4, to places `pitch` bytes apart. */
function stage(y: usize, x: usize, height: usize, bytes: usize, pitch: usize): void {
  for (; height > 0; height--) {
    const end = x + (bytes & ~15);
    let to = y;
    for (; x < end; x += 16) {
      v128.store(to, v128.load(x));
      to += 16;
    }
    for (const last = end + (bytes & 15); x < last; x += 4) {
      store<f32>(to, load<f32>(x));
      to += 4;
    }
    y += pitch;
  }
}

/**
 * y = max(W * x + b, low) for one tile, a channel to a group: sums begin with the bias and take their nine terms in order.
 *
 * w [channels * together, 9]; bias likewise; x [channels, height, width floats]; y [channels * together, outHeight,
 * outWidth floats], outWidth at least 4. A channel is first copied to room + place, `pitch` bytes a row, around which
 * there are zeros; windows begin at `room`, with columns `step` bytes apart. Without room they begin at the channel itself.
 */
export function conv_depthwise3_f32(
  y: usize,
  w: usize,
  bias: usize,
  x: usize,
  room: usize,
  place: usize,
  pitch: usize,
  channels: usize,
  together: usize,
  height: usize,
  width: usize,
  outHeight: usize,
  outWidth: usize,
  step: usize,
  low: f32,
): void {
  const bytes = outWidth << 2;
  for (; channels > 0; channels--) {
    if (room) stage(room + place, x, height, width << 2, pitch);
    const from = room ? room : x;
    for (let r: usize = 0; r < together; r++) {
      for (let at: usize = 0; at < bytes; at += 16) {
        const first = min(at, bytes - 16); // the last column may overlap the one before
        conv_depthwise3_column(y + first, bytes, w, bias, from + first, pitch, step, outHeight, low);
      }
      y += outHeight * bytes;
      w += 36;
      bias += 4;
    }
    x += (height * width) << 2;
  }
}
