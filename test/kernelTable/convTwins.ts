/** Float64 twin of the convolutions: their definition, in plain loops. */
import { type ConvShape, layoutOf } from '../support/convLists.js';

/**
 * The definition of a convolution, in float64: y[f][oy][ox] = max(b[f] + sum of w[f][c][ky][kx] x[g + c][iy][ix], low)
 * over the places inside the image. x [channels, height, width, lanes] gives y [filters, outHeight, outWidth, lanes].
 */
export function convolution(
  shape: ConvShape,
  w: ArrayLike<number>,
  bias: ArrayLike<number>,
  x: ArrayLike<number>,
  low: number,
): Float64Array {
  const { channels, height, width, filters, kernelHeight, kernelWidth, groups, lanes } = shape;
  const { stride, padding, dilation } = shape;
  const { outHeight, outWidth } = layoutOf(shape);
  const perGroup = channels / groups;
  const y = new Float64Array(filters * outHeight * outWidth * lanes);
  for (let f = 0; f < filters; f++) {
    const firstChannel = Math.floor((f * groups) / filters) * perGroup;
    for (let oy = 0; oy < outHeight; oy++) {
      for (let ox = 0; ox < outWidth; ox++) {
        const to = ((f * outHeight + oy) * outWidth + ox) * lanes;
        y.fill(bias[f]!, to, to + lanes);
        for (let c = 0; c < perGroup; c++) {
          for (let ky = 0; ky < kernelHeight; ky++) {
            const iy = oy * stride + ky * dilation - padding;
            if (iy < 0 || iy >= height) continue;
            for (let kx = 0; kx < kernelWidth; kx++) {
              const ix = ox * stride + kx * dilation - padding;
              if (ix < 0 || ix >= width) continue;
              const weight = w[((f * perGroup + c) * kernelHeight + ky) * kernelWidth + kx]!;
              const from = (((firstChannel + c) * height + iy) * width + ix) * lanes;
              if (weight !== 0) for (let l = 0; l < lanes; l++) y[to + l]! += weight * x[from + l]!;
            }
          }
        }
        for (let l = 0; l < lanes; l++) if (y[to + l]! < low) y[to + l] = low;
      }
    }
  }
  return y;
}
