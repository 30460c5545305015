import { OptionError } from '../errors.js';
import { expectNumber, expectOptions } from '../options.js';
import { type Shape, sizeOf } from '../tensor/shape.js';
import type { LayerSpec, LayerType } from './layer.js';

/** Options of batchNorm(). */
export interface BatchNormOptions {
  /** Share of the new batch in the running statistics, in (0, 1]; 0.1 by default. */
  readonly momentum?: number;
  /** Added to variances, above 0; 1e-5 by default. */
  readonly epsilon?: number;
}

/**
 * Batch normalization: y = (x - mean) / sqrt(variance + epsilon) · scale + bias, each channel (or feature) by itself.
 *
 * Any shape, kept; its first dimension counts the channels. While training, mean and (biased) variance are those of the batch, over
 * samples and pixels, and running statistics move towards them: running = (1 - momentum) · running + momentum · batch, with the
 * unbiased variance. At inference the running ones are used; sessions fold them into the layer before. Parameters: scale, bias, mean,
 * variance, each [channels]; the last two are not trained. Ioffe & Szegedy 2015, arXiv:1502.03167. Throws OptionError.
 */
export function batchNorm(options: BatchNormOptions = {}): LayerSpec {
  expectOptions('batchNorm', options, ['momentum', 'epsilon']);
  return batchNormType.check({
    kind: 'batchNorm',
    momentum: options.momentum ?? 0.1,
    epsilon: options.epsilon ?? 1e-5,
  });
}

/** Values of a channel. */
export function pixelsOf([, ...rest]: Shape): number {
  return sizeOf(rest);
}

/**
 * What batch normalization comes to at inference: y = x · scale + shift, for each channel. One order of float64 operations, so
 * that whoever folds it gets the same bits.
 */
export function affineOf(
  spec: LayerSpec,
  [scale, bias, mean, variance]: readonly ArrayLike<number>[],
): { readonly scale: Float64Array; readonly shift: Float64Array } {
  const channels = scale!.length;
  const out = { scale: new Float64Array(channels), shift: new Float64Array(channels) };
  for (let c = 0; c < channels; c++) {
    const factor = scale![c]! / Math.sqrt(variance![c]! + (spec.epsilon as number));
    out.scale[c] = factor;
    out.shift[c] = bias![c]! - mean![c]! * factor;
  }
  return out;
}

export const batchNormType: LayerType = {
  kind: 'batchNorm',
  role: 'affine',
  check(spec) {
    expectOptions('batchNorm', spec, ['kind', 'momentum', 'epsilon']);
    const momentum = expectNumber('batchNorm', 'momentum', spec.momentum, 0, 1);
    const epsilon = expectNumber('batchNorm', 'epsilon', spec.epsilon, 0);
    if (momentum === 0) throw new OptionError('batchNorm: momentum must be above 0, got 0');
    if (epsilon === 0) throw new OptionError('batchNorm: epsilon must be above 0, got 0');
    return Object.freeze({ kind: 'batchNorm', momentum, epsilon });
  },
  outputShape: (_spec, input) => input,
  parameters(_spec, input) {
    const own = { shape: [input[0]!], fanIn: 1, fanOut: 1 };
    return [
      { role: 'scale', initial: 1, ...own },
      { role: 'bias', ...own },
      { role: 'mean', trained: false, ...own },
      { role: 'variance', trained: false, initial: 1, ...own },
    ];
  },
};
