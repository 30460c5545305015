import { OptionError, ShapeError } from '../errors.js';
import { expectBoolean, expectInteger, expectOptions } from '../options.js';
import type { Shape } from '../tensor/shape.js';
import { expectPair, type Geometry, geometryOf, type Pair } from './geometry.js';
import type { LayerSpec, LayerType } from './layer.js';

/** Options of conv2d(). */
export interface Conv2dOptions {
  /** Pixels from one window to the next; 1 by default. */
  readonly stride?: Pair;
  /** Zeros around the image: a number, [height, width], or `'same'`: as many as give ceil(size / stride) windows. 0 by default. */
  readonly padding?: Pair | 'same';
  /** Pixels from one weight of a window to the next; 1 by default. */
  readonly dilation?: Pair;
  /** Channels and filters are cut into this many parts that know nothing of each other; 1 by default. */
  readonly groups?: number;
  readonly bias?: boolean;
}

const OPTIONS = ['stride', 'padding', 'dilation', 'groups', 'bias'] as const;
const FIELDS = [
  'kind',
  'filters',
  'kernelHeight',
  'kernelWidth',
  'strideHeight',
  'strideWidth',
  'paddingHeight',
  'paddingWidth',
  'dilationHeight',
  'dilationWidth',
  'groups',
  'bias',
] as const;

/**
 * Convolution over images: y[f, i, j] = b[f] + sum over c, u, v of W[f, c, u, v] · x[c, i · stride + u · dilation - padding, ...].
 *
 * Input [channels, height, width], output [filters, outHeight, outWidth] with outHeight = floor((height + 2 · padding -
 * dilation · (kernel - 1) - 1) / stride) + 1. W [filters, channels / groups, kernelHeight, kernelWidth], b [filters]. With as many
 * groups as channels it is depthwise. Throws OptionError on bad options; kernels that do not fit into the padded input, and channels or
 * filters that the groups do not divide, are refused when the model is built.
 *
 * @example
 * ```ts
 * import { conv2d, dense, flatten, maxPool2d, relu, sequential } from 'espalier';
 *
 * const model = await sequential({ inputShape: [1, 28, 28], seed: 1 }, [
 *   conv2d(20, 5),
 *   relu(),
 *   maxPool2d(2),
 *   conv2d(50, [3, 3], { stride: 2, padding: 'same' }),
 *   relu(),
 *   flatten(),
 *   dense(10),
 * ]);
 * ```
 */
export function conv2d(filters: number, kernelSize: Pair, options: Conv2dOptions = {}): LayerSpec {
  expectOptions('conv2d', options, OPTIONS);
  const [kernelHeight, kernelWidth] = expectPair('conv2d', 'kernelSize', kernelSize);
  const [strideHeight, strideWidth] = expectPair('conv2d', 'stride', options.stride ?? 1);
  const [dilationHeight, dilationWidth] = expectPair('conv2d', 'dilation', options.dilation ?? 1);
  const padding = options.padding ?? 0;
  const [paddingHeight, paddingWidth] =
    padding === 'same' ? ['same', 'same'] : expectPair('conv2d', "padding ('same', or a size)", padding, 0);
  return conv2dType.check({
    kind: 'conv2d',
    filters,
    kernelHeight,
    kernelWidth,
    strideHeight,
    strideWidth,
    paddingHeight,
    paddingWidth,
    dilationHeight,
    dilationWidth,
    groups: options.groups ?? 1,
    bias: options.bias ?? true,
  } as LayerSpec);
}

function paddingOf(spec: LayerSpec): { paddingHeight: number | 'same'; paddingWidth: number | 'same' } {
  const { paddingHeight, paddingWidth } = spec;
  if (paddingHeight === 'same' && paddingWidth === 'same') return { paddingHeight, paddingWidth };
  return {
    paddingHeight: expectInteger('conv2d', 'paddingHeight', paddingHeight, 0),
    paddingWidth: expectInteger('conv2d', 'paddingWidth', paddingWidth, 0),
  };
}

/** The windows of a conv2d layer over an input. Throws ShapeError. */
export function conv2dGeometry(spec: LayerSpec, input: Shape): Geometry {
  const { paddingHeight, paddingWidth } = spec;
  return geometryOf('conv2d', input, {
    kernelHeight: spec.kernelHeight as number,
    kernelWidth: spec.kernelWidth as number,
    strideHeight: spec.strideHeight as number,
    strideWidth: spec.strideWidth as number,
    dilationHeight: spec.dilationHeight as number,
    dilationWidth: spec.dilationWidth as number,
    padding: paddingHeight === 'same' ? 'same' : [paddingHeight as number, paddingWidth as number],
  });
}

function expectGroups(spec: LayerSpec, channels: number): void {
  const groups = spec.groups as number;
  if (channels % groups === 0) return;
  throw new ShapeError(
    `conv2d: groups must divide the channels, got ${groups} groups of ${channels} channels`,
  );
}

/** True when every filter reads one channel, its own. */
export function isDepthwise(spec: LayerSpec): boolean {
  return (spec.groups as number) > 1 && spec.groups === spec.filters;
}

export const conv2dType: LayerType = {
  kind: 'conv2d',
  role: 'convolution',
  unitFlow(spec, input) {
    // A single filter over a single channel too: what is depthwise stays so when all channels but one have gone.
    if (spec.groups === spec.filters && input[0] === spec.filters) return 'carries';
    return spec.groups === 1 ? 'mixes' : 'couples';
  },
  withUnits(spec, units) {
    const groups = isDepthwise(spec) ? units : (spec.groups as number);
    return conv2dType.check({ ...spec, filters: units, groups });
  },
  check(spec) {
    expectOptions('conv2d', spec, FIELDS);
    const whole = (name: (typeof FIELDS)[number]) => expectInteger('conv2d', name, spec[name]);
    const [filters, groups] = [whole('filters'), whole('groups')];
    if (filters % groups !== 0) {
      throw new OptionError(
        `conv2d: groups must divide the filters, got ${groups} groups of ${filters} filters`,
      );
    }
    return Object.freeze({
      kind: 'conv2d',
      filters,
      kernelHeight: whole('kernelHeight'),
      kernelWidth: whole('kernelWidth'),
      strideHeight: whole('strideHeight'),
      strideWidth: whole('strideWidth'),
      ...paddingOf(spec),
      dilationHeight: whole('dilationHeight'),
      dilationWidth: whole('dilationWidth'),
      groups,
      bias: expectBoolean('conv2d', 'bias', spec.bias),
    });
  },
  outputShape(spec, input) {
    const { outHeight, outWidth, channels } = conv2dGeometry(spec, input);
    expectGroups(spec, channels);
    return [spec.filters as number, outHeight, outWidth];
  },
  parameters(spec, input) {
    const [filters, groups] = [spec.filters as number, spec.groups as number];
    const { kernelHeight, kernelWidth, outHeight, outWidth } = conv2dGeometry(spec, input);
    const area = kernelHeight * kernelWidth;
    const channels = input[0]! / groups;
    const fans = { fanIn: channels * area, fanOut: (filters / groups) * area };
    const shape = [filters, channels, kernelHeight, kernelWidth];
    const weight = { role: 'weight', shape, ...fans, groups, windows: outHeight * outWidth } as const;
    return spec.bias ? [weight, { role: 'bias', shape: [filters], ...fans }] : [weight];
  },
};
