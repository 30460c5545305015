/** Convolutions without padding as the kernels of their gradients see them, and float64 twins. */
import type { Shape } from './row.js';

/** One group of channels over tiles [channels, height, width, lanes]; lists hold bytes. */
export interface ConvLayout {
  readonly k: number;
  /** Output floats of a filter in a tile. */
  readonly plane: number;
  readonly xFloats: number;
  readonly offsets: Uint32Array;
  /** Runs of `runFloats` outputs: {x, y}. */
  readonly runs: Uint32Array;
  readonly runFloats: number;
  /** Panels of eight outputs: {x, y}. */
  readonly pixels: Uint32Array;
}

/** Where output (oy, ox, lane) and its first input lie, in bytes. */
type Place = (oy: number, ox: number, lane: number) => readonly [number, number];

/** The layout of a convolution; a run is a row of outputs at stride 1, else a pixel. */
export function convLayout(shape: Shape): ConvLayout {
  const { channels, kh, kw, oh, ow, stride, lanes } = shape as Record<string, number>;
  const [height, width] = [(oh! - 1) * stride! + kh!, (ow! - 1) * stride! + kw!];
  const offsets: number[] = [];
  for (let c = 0; c < channels!; c++) {
    for (let ky = 0; ky < kh!; ky++) {
      for (let kx = 0; kx < kw!; kx++) offsets.push(((c * height + ky) * width + kx) * lanes! * 4);
    }
  }
  const place: Place = (oy, ox, lane) => [
    ((oy * stride! * width + ox * stride!) * lanes! + lane) * 4,
    ((oy * ow! + ox) * lanes! + lane) * 4,
  ];
  const [runs, pixels]: [number[], number[]] = [[], []];
  for (let oy = 0; oy < oh!; oy++) {
    for (let ox = 0; ox < ow!; ox++) {
      if (stride! > 1 || ox === 0) runs.push(...place(oy, ox, 0));
      for (let lane = 0; lane < lanes!; lane += 8) pixels.push(...place(oy, ox, lane));
    }
  }
  return {
    k: offsets.length,
    plane: oh! * ow! * lanes!,
    xFloats: channels! * height * width * lanes!,
    offsets: Uint32Array.from(offsets),
    runs: Uint32Array.from(runs),
    runFloats: stride! > 1 ? lanes! : ow! * lanes!,
    pixels: Uint32Array.from(pixels),
  };
}

/** Calls `visit` with every pair of an output and its input of column j, in floats of a tile. */
function eachTerm(layout: ConvLayout, visit: (j: number, output: number, input: number) => void): void {
  for (const [j, offset] of layout.offsets.entries()) {
    for (let p = 0; p < layout.pixels.length; p += 2) {
      const [input, output] = [(layout.pixels[p]! + offset) / 4, layout.pixels[p + 1]! / 4];
      for (let i = 0; i < 8; i++) visit(j, output + i, input + i);
    }
  }
}

/** y [filters, plane] of one tile from w [filters, k], b [filters] and x [xFloats]. */
export function convForward(
  w: ArrayLike<number>,
  b: ArrayLike<number>,
  x: ArrayLike<number>,
  layout: ConvLayout,
): Float64Array {
  const { k, plane } = layout;
  const y = Float64Array.from({ length: b.length * plane }, (_, i) => b[Math.floor(i / plane)]!);
  eachTerm(layout, (j, output, input) => {
    for (let f = 0; f < b.length; f++) y[f * plane + output]! += w[f * k + j]! * x[input]!;
  });
  return y;
}

/** dw [filters, k] from dy [tiles, filters, plane] and x [tiles, xFloats]. */
export function convWeightGradient(
  dy: ArrayLike<number>,
  x: ArrayLike<number>,
  layout: ConvLayout,
  filters: number,
  tiles: number,
): Float64Array {
  const { k, plane, xFloats } = layout;
  const dw = new Float64Array(filters * k);
  eachTerm(layout, (j, output, input) => {
    for (let t = 0; t < tiles; t++) {
      for (let f = 0; f < filters; f++) {
        dw[f * k + j]! += dy[(t * filters + f) * plane + output]! * x[t * xFloats + input]!;
      }
    }
  });
  return dw;
}

/** dx [xFloats] of one tile from w [filters, k] and dy [filters, plane]. */
export function convInputGradient(
  w: ArrayLike<number>,
  dy: ArrayLike<number>,
  layout: ConvLayout,
  filters: number,
): Float64Array {
  const dx = new Float64Array(layout.xFloats);
  eachTerm(layout, (j, output, input) => {
    for (let f = 0; f < filters; f++) dx[input]! += w[f * layout.k + j]! * dy[f * layout.plane + output]!;
  });
  return dx;
}

/** Where the interior of a staged tile [channels, stagedHeight, stagedWidth, lanes] lies: for each float of x its place. */
export function interior({ channels, height, width, lanes, top, left, below, right }: Shape): number[] {
  const [stagedHeight, stagedWidth] = [height! + top! + below!, width! + left! + right!];
  return Array.from({ length: channels! * height! * width! * lanes! }, (_, i) => {
    const [pixel, lane] = [Math.floor(i / lanes!), i % lanes!];
    const [line, ix] = [Math.floor(pixel / width!), pixel % width!];
    const [c, iy] = [Math.floor(line / height!), line % height!];
    return ((c * stagedHeight + iy + top!) * stagedWidth + ix + left!) * lanes! + lane;
  });
}
