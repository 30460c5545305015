/** Layers that make one pixel of each window of a channel: maxPool2d, avgPool2d, globalAvgPool2d. */
import { expectInteger, expectOptions } from '../options.js';
import type { Shape } from '../tensor/shape.js';
import { expectImage, expectPair, type Geometry, geometryOf, type Pair, plainWindow } from './geometry.js';
import { type LayerSpec, type LayerType, withoutOptions } from './layer.js';

/** Options of maxPool2d() and avgPool2d(). */
export interface PoolOptions {
  /** Pixels from one window to the next; the size of a window by default, so that windows do not overlap. */
  readonly stride?: Pair;
}

type Kernel = 'max_pool_f32' | 'avg_pool_f32';

function poolSpec(type: LayerType, size: Pair, options: PoolOptions): LayerSpec {
  expectOptions(type.kind, options, ['stride']);
  const [height, width] = expectPair(type.kind, 'size', size);
  const [strideHeight, strideWidth] = expectPair(type.kind, 'stride', options.stride ?? [height, width]);
  return type.check({ kind: type.kind, height, width, strideHeight, strideWidth });
}

/**
 * Largest value of each window: y[c, i, j] = max over u, v of x[c, i · stride + u, j · stride + v]. Windows that do not fit are left
 * out. Input [channels, height, width], output [channels, floor((height - size) / stride) + 1, ...]. The gradient goes to the first
 * largest value of a window.
 */
export function maxPool2d(size: Pair, options: PoolOptions = {}): LayerSpec {
  return poolSpec(maxPool2dType, size, options);
}

/** Mean of each window; shapes as in maxPool2d. */
export function avgPool2d(size: Pair, options: PoolOptions = {}): LayerSpec {
  return poolSpec(avgPool2dType, size, options);
}

/** Mean of each channel: input [channels, height, width], output [channels]. Lin et al. 2013, arXiv:1312.4400. */
export function globalAvgPool2d(): LayerSpec {
  return globalAvgPool2dType.check({ kind: 'globalAvgPool2d' });
}

/** The windows of a pooling layer over an input. Throws ShapeError. */
export function poolGeometry(spec: LayerSpec, input: Shape): Geometry {
  expectImage(spec.kind, input);
  const [, height, width] = input as [number, number, number];
  const global = { height, width, strideHeight: 1, strideWidth: 1 };
  const options = spec.kind === 'globalAvgPool2d' ? { ...spec, ...global } : spec;
  return geometryOf(spec.kind, input, plainWindow(options));
}

/** The arguments of the pooling kernels that say where windows lie. */
export function poolArguments(g: Geometry) {
  return [
    g.channels,
    g.height,
    g.width,
    g.outHeight,
    g.outWidth,
    g.kernelHeight,
    g.kernelWidth,
    g.strideHeight,
    g.strideWidth,
  ] as const;
}

function poolType(kind: string, kernel: Kernel): LayerType {
  return {
    kind,
    role: 'resample',
    check(spec) {
      expectOptions(kind, spec, ['kind', 'height', 'width', 'strideHeight', 'strideWidth']);
      const whole = (name: string) => expectInteger(kind, name, spec[name]);
      return Object.freeze({
        kind,
        height: whole('height'),
        width: whole('width'),
        strideHeight: whole('strideHeight'),
        strideWidth: whole('strideWidth'),
      });
    },
    outputShape(spec, input) {
      const { channels, outHeight, outWidth } = poolGeometry(spec, input);
      return [channels, outHeight, outWidth];
    },
    parameters: () => [],
    forward({ kernels, x, y, shape, lanes, tiles }, spec) {
      kernels[kernel](y, x, ...poolArguments(poolGeometry(spec, shape)), lanes, tiles);
    },
  };
}

export const maxPool2dType: LayerType = poolType('maxPool2d', 'max_pool_f32');
export const avgPool2dType: LayerType = poolType('avgPool2d', 'avg_pool_f32');
export const globalAvgPool2dType: LayerType = {
  ...poolType('globalAvgPool2d', 'avg_pool_f32'),
  check: withoutOptions('globalAvgPool2d'),
  outputShape(spec, input) {
    return [poolGeometry(spec, input).channels];
  },
};
