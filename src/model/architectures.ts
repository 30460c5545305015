/** Networks by name, for digits of 28x28 in ten classes. A new one is a function and one line of the registry. */
import { batchNorm } from '../layers/batchNorm.js';
import { conv2d } from '../layers/conv2d.js';
import { dense } from '../layers/dense.js';
import { flatten } from '../layers/flatten.js';
import type { LayerSpec } from '../layers/layer.js';
import { globalAvgPool2d, maxPool2d } from '../layers/pooling.js';
import { relu } from '../layers/relu.js';
import { residual } from '../layers/residual.js';
import { expectOneOf } from '../options.js';
import type { Shape } from '../tensor/shape.js';
import { type SequentialOptions, sequential } from './create.js';
import type { Sequential } from './sequential.js';

/** A network without weights. */
export interface Architecture {
  readonly inputShape: Shape;
  readonly layers: readonly LayerSpec[];
}

const CLASSES = 10;
const IMAGE = [1, 28, 28];

/** 784-300-100-10 with ReLU: 266,610 parameters. LeCun et al. 1998. */
function lenet300(): Architecture {
  return {
    inputShape: IMAGE,
    layers: [flatten(), dense(300), relu(), dense(100), relu(), dense(CLASSES)],
  };
}

/**
 * LeNet-5 as Caffe has it and papers on pruning use it: 20 filters of 5x5, pool, 50 of 5x5, pool, 500 units with ReLU, 10; no activation
 * behind the convolutions. 431,080 parameters, 2,293,000 multiply-adds.
 */
function lenet5(): Architecture {
  const layers = [conv2d(20, 5), maxPool2d(2), conv2d(50, 5), maxPool2d(2), flatten()];
  return { inputShape: IMAGE, layers: [...layers, dense(500), relu(), dense(CLASSES)] };
}

const normed = (convolution: LayerSpec) => [convolution, batchNorm()];
const plain = (filters: number, stride = 1) =>
  normed(conv2d(filters, 3, { stride, padding: 1, bias: false }));

function residualBlock(filters: number, stride: number): LayerSpec[] {
  const body = [...plain(filters, stride), relu(), ...plain(filters)];
  const shortcut = stride === 1 ? [] : normed(conv2d(filters, 1, { stride, bias: false }));
  return [...residual(body, shortcut), relu()];
}

/**
 * A small residual network: 3x3 convolutions with batch normalization, 16 filters at 28x28, then 32 at 14x14 and 64 at 7x7, one block
 * each, and the mean of every channel. After He et al. 2015, arXiv:1512.03385, section 4.2.
 */
export function residualNet(): Architecture {
  const blocks = [...residualBlock(16, 1), ...residualBlock(32, 2), ...residualBlock(64, 2)];
  return { inputShape: IMAGE, layers: [...plain(16), relu(), ...blocks, globalAvgPool2d(), dense(CLASSES)] };
}

function separable(channels: number, filters: number, stride: number): LayerSpec[] {
  const depthwise = conv2d(channels, 3, { stride, padding: 1, groups: channels, bias: false });
  return [...normed(depthwise), relu(), ...normed(conv2d(filters, 1, { bias: false })), relu()];
}

/**
 * A small network of depthwise-separable convolutions: each a 3x3 filter for every channel and 1x1 convolutions across them. After
 * Howard et al. 2017, arXiv:1704.04861.
 */
export function depthwiseNet(): Architecture {
  const stem = [...plain(16), relu()];
  const blocks = [
    ...separable(16, 32, 2),
    ...separable(32, 64, 1),
    ...separable(64, 64, 2),
    ...separable(64, 128, 1),
  ];
  return { inputShape: IMAGE, layers: [...stem, ...blocks, globalAvgPool2d(), dense(CLASSES)] };
}

/** The networks that createModel() and the command line know by name. */
export const architectures = {
  lenet300,
  lenet5,
  residual: residualNet,
  depthwise: depthwiseNet,
} as const satisfies Readonly<Record<string, () => Architecture>>;

/** Name of a ready network. */
export type ArchitectureName = keyof typeof architectures;

/** Builds a ready network by its name. Throws OptionError for other names and as sequential() does. */
export async function createModel(
  name: ArchitectureName,
  options: Omit<SequentialOptions, 'inputShape'> = {},
): Promise<Sequential> {
  const known = expectOneOf('createModel', 'name', name, Object.keys(architectures) as ArchitectureName[]);
  const { inputShape, layers } = architectures[known]();
  return sequential({ ...options, inputShape }, layers);
}
