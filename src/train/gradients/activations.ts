import type { TrainKernels } from '../../runtime/trainKernels.js';
import type { Gradient } from './gradient.js';

/** Gradient of an activation that works element by element: dx = dy · f'(x). */
function elementwise(
  kernel: 'relu_grad_f32' | 'sigmoid_grad_f32' | 'tanh_grad_f32' | 'gelu_grad_f32',
): Gradient {
  return {
    inPlace: true,
    backward({ train, x, dy, dx, inputs, lanes, tiles }) {
      const grad: TrainKernels[typeof kernel] = train[kernel];
      if (dx) grad(dx, dy, x, inputs * tiles * lanes);
    },
  };
}

export const reluGradient: Gradient = {
  ...elementwise('relu_grad_f32'),
  gated({ train, x, y, inputs, lanes, tiles }, _spec, gates) {
    train.relu_grad_f32(y, x, gates.x, inputs * tiles * lanes);
  },
};
export const sigmoidGradient = elementwise('sigmoid_grad_f32');
export const tanhGradient = elementwise('tanh_grad_f32');
export const geluGradient = elementwise('gelu_grad_f32');

export const leakyReluGradient: Gradient = {
  inPlace: true,
  gated({ train, x, y, inputs, lanes, tiles }, spec, gates) {
    train.leaky_relu_grad_f32(y, x, gates.x, inputs * tiles * lanes, spec.slope as number);
  },
  backward({ train, x, dy, dx, inputs, lanes, tiles }, spec) {
    if (dx) train.leaky_relu_grad_f32(dx, dy, x, inputs * tiles * lanes, spec.slope as number);
  },
};

export const softmaxGradient: Gradient = {
  inPlace: true,
  backward({ train, y, dy, dx, inputs, lanes, tiles }) {
    if (dx) train.softmax_grad_f32(dx, dy, y, inputs, lanes, tiles);
  },
};
