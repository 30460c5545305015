/** Registry: the gradient of every layer type. */
import type { LayerKind } from '../../layers/index.js';
import {
  geluGradient,
  leakyReluGradient,
  reluGradient,
  sigmoidGradient,
  softmaxGradient,
  tanhGradient,
} from './activations.js';
import { batchNormGradient } from './batchNorm.js';
import { conv2dGradient } from './conv2d.js';
import { denseGradient } from './dense.js';
import { dropoutGradient, identityGradient } from './dropout.js';
import type { Gradient } from './gradient.js';
import { avgPool2dGradient, maxPool2dGradient } from './pooling.js';

export const gradients: Readonly<Record<LayerKind, Gradient>> = {
  dense: denseGradient,
  relu: reluGradient,
  leakyRelu: leakyReluGradient,
  sigmoid: sigmoidGradient,
  tanh: tanhGradient,
  gelu: geluGradient,
  softmax: softmaxGradient,
  flatten: identityGradient,
  dropout: dropoutGradient,
  conv2d: conv2dGradient,
  maxPool2d: maxPool2dGradient,
  avgPool2d: avgPool2dGradient,
  globalAvgPool2d: avgPool2dGradient,
  batchNorm: batchNormGradient,
  // Branches: what they do to gradients is the business of the trainer.
  fork: identityGradient,
  swap: identityGradient,
  add: identityGradient,
};
