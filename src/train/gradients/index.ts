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
import { denseGradient } from './dense.js';
import { dropoutGradient, identityGradient } from './dropout.js';
import type { Gradient } from './gradient.js';

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
};
