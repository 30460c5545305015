/** Where the windows of a layer over images lie: convolution and pooling. */
import { OptionError, ShapeError } from '../errors.js';
import { show } from '../options.js';
import { type Shape, showShape } from '../tensor/shape.js';
import type { LayerSpec } from './layer.js';

/** Windows over images [channels, height, width]; all counts are pixels. */
export interface Geometry {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly strideHeight: number;
  readonly strideWidth: number;
  readonly dilationHeight: number;
  readonly dilationWidth: number;
  /** Zeros around the image. */
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
  readonly outHeight: number;
  readonly outWidth: number;
}

/** What a spec says of its windows. */
export type WindowOptions = Pick<
  Geometry,
  'kernelHeight' | 'kernelWidth' | 'strideHeight' | 'strideWidth' | 'dilationHeight' | 'dilationWidth'
> & { readonly padding: PaddingPair };

/** Zeros on each side, or as many as keep the size (divided by the stride). */
export type PaddingPair = 'same' | readonly [height: number, width: number];

/** A size for both directions, or [height, width]. */
export type Pair = number | readonly [height: number, width: number];

/** Throws OptionError unless `value` is a whole number of at least `least`, or two of them. */
export function expectPair(where: string, name: string, value: unknown, least = 1): [number, number] {
  const pair = Array.isArray(value) ? (value as unknown[]) : [value, value];
  if (pair.length !== 2 || !pair.every((n) => Number.isSafeInteger(n) && (n as number) >= least)) {
    throw new OptionError(
      `${where}: ${name} must be a whole number >= ${least} or [height, width] of such, got ${show(value)}`,
    );
  }
  return pair as [number, number];
}

/** Throws ShapeError unless a shape is that of images. */
export function expectImage(where: string, input: Shape): void {
  if (input.length !== 3) {
    throw new ShapeError(`${where}: input must be [channels, height, width], got ${showShape(input)}`);
  }
}

/** One direction: zeros before and behind, and windows that fit. */
function along(size: number, kernel: number, stride: number, dilation: number, padding: 'same' | number) {
  const span = (kernel - 1) * dilation + 1;
  if (padding !== 'same') {
    const out = Math.floor((size + 2 * padding - span) / stride) + 1;
    return { before: padding, behind: padding, out, span };
  }
  const out = Math.ceil(size / stride);
  const zeros = Math.max(0, (out - 1) * stride + span - size);
  return { before: Math.floor(zeros / 2), behind: Math.ceil(zeros / 2), out, span };
}

/** The windows over an input. Throws ShapeError when none fits into the padded image. */
export function geometryOf(where: string, input: Shape, options: WindowOptions): Geometry {
  expectImage(where, input);
  const [channels, height, width] = input as [number, number, number];
  const { padding, ...own } = options;
  const [padHeight, padWidth] = padding === 'same' ? (['same', 'same'] as const) : padding;
  const y = along(height, own.kernelHeight, own.strideHeight, own.dilationHeight, padHeight);
  const x = along(width, own.kernelWidth, own.strideWidth, own.dilationWidth, padWidth);
  if (y.out < 1 || x.out < 1) {
    const padded = `${height + y.before + y.behind} x ${width + x.before + x.behind}`;
    throw new ShapeError(
      `${where}: the kernel must fit into the padded input of ${padded}, got ${y.span} x ${x.span}`,
    );
  }
  return {
    channels,
    height,
    width,
    ...own,
    top: y.before,
    bottom: y.behind,
    left: x.before,
    right: x.behind,
    outHeight: y.out,
    outWidth: x.out,
  };
}

/** The spec of windows without padding or dilation: pooling. */
export function plainWindow(spec: LayerSpec): WindowOptions {
  return {
    kernelHeight: spec.height as number,
    kernelWidth: spec.width as number,
    strideHeight: spec.strideHeight as number,
    strideWidth: spec.strideWidth as number,
    dilationHeight: 1,
    dilationWidth: 1,
    padding: [0, 0],
  };
}
