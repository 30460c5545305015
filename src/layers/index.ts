/** Registry of layer types: a new layer is one file and one line here. */
import { OptionError } from '../errors.js';
import { expectOneOf, show } from '../options.js';
import { batchNormType } from './batchNorm.js';
import { conv2dType } from './conv2d.js';
import { denseType } from './dense.js';
import { dropoutType } from './dropout.js';
import { flattenType } from './flatten.js';
import { geluType } from './gelu.js';
import type { LayerSpec, LayerType } from './layer.js';
import { leakyReluType } from './leakyRelu.js';
import { avgPool2dType, globalAvgPool2dType, maxPool2dType } from './pooling.js';
import { reluType } from './relu.js';
import { addType, forkType, swapType } from './residual.js';
import { sigmoidType } from './sigmoid.js';
import { softmaxType } from './softmax.js';
import { tanhType } from './tanh.js';

export const layerTypes = {
  dense: denseType,
  relu: reluType,
  leakyRelu: leakyReluType,
  sigmoid: sigmoidType,
  tanh: tanhType,
  gelu: geluType,
  softmax: softmaxType,
  flatten: flattenType,
  dropout: dropoutType,
  conv2d: conv2dType,
  maxPool2d: maxPool2dType,
  avgPool2d: avgPool2dType,
  globalAvgPool2d: globalAvgPool2dType,
  batchNorm: batchNormType,
  fork: forkType,
  swap: swapType,
  add: addType,
} as const satisfies Readonly<Record<string, LayerType>>;

/** Name of a layer type. */
export type LayerKind = keyof typeof layerTypes;

/** The type of a layer spec. Throws OptionError when there is none of that name. */
export function layerType(spec: LayerSpec): LayerType {
  if (typeof spec !== 'object' || spec === null) {
    throw new OptionError(
      `layers: each must be made by a layer function such as dense(300), got ${show(spec)}`,
    );
  }
  return layerTypes[expectOneOf('layers', 'kind', spec.kind, Object.keys(layerTypes) as LayerKind[])];
}
