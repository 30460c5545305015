/** Float64 twins over images: tiles [tiles, channels, height, width, lanes]. */
import { atLeast } from './denseTwins.js';
import type { Shape } from './row.js';

/** Where windows lie: sizes in pixels, no padding. */
export interface Windows {
  readonly height: number;
  readonly width: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly strideHeight: number;
  readonly strideWidth: number;
}

/** The geometry of a shape, the image `over` pixels larger than its windows need. */
export function windowsOf({ outHeight, outWidth, kh, kw, sh, sw, over = 0 }: Shape): Windows {
  return {
    height: (outHeight! - 1) * sh! + kh! + over,
    width: (outWidth! - 1) * sw! + kw! + over,
    outHeight: outHeight!,
    outWidth: outWidth!,
    kernelHeight: kh!,
    kernelWidth: kw!,
    strideHeight: sh!,
    strideWidth: sw!,
  };
}

/** The arguments that all pooling kernels share. */
export function geometry(channels: number, w: Windows) {
  return [
    channels,
    w.height,
    w.width,
    w.outHeight,
    w.outWidth,
    w.kernelHeight,
    w.kernelWidth,
    w.strideHeight,
    w.strideWidth,
  ] as const;
}

/** Calls `visit` for every output with the indices of the inputs in its window, in order. */
export function eachWindow(
  w: Windows,
  planes: number,
  lanes: number,
  visit: (output: number, inputs: readonly number[]) => void,
): void {
  for (let o = 0; o < planes * w.outHeight * w.outWidth * lanes; o++) {
    const lane = o % lanes;
    const ox = Math.floor(o / lanes) % w.outWidth;
    const line = Math.floor(o / (lanes * w.outWidth));
    const [oy, plane] = [line % w.outHeight, Math.floor(line / w.outHeight)];
    const inputs: number[] = [];
    for (let ky = 0; ky < w.kernelHeight; ky++) {
      for (let kx = 0; kx < w.kernelWidth; kx++) {
        const [iy, ix] = [oy * w.strideHeight + ky, ox * w.strideWidth + kx];
        inputs.push(((plane * w.height + iy) * w.width + ix) * lanes + lane);
      }
    }
    visit(o, inputs);
  }
}

/** max(x * scale + shift, low) by channel. */
export function affine(
  x: ArrayLike<number>,
  scale: ArrayLike<number>,
  shift: ArrayLike<number>,
  plane: number,
  low: number,
): Float64Array {
  const channels = scale.length;
  return Float64Array.from({ length: x.length }, (_, i) => {
    const c = Math.floor(i / plane) % channels;
    return atLeast(x[i]! * scale[c]! + shift[c]!, low);
  });
}
