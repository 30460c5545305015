/** Batch normalization: statistics of the batch while training, running ones otherwise. */
import { affineOf, pixelsOf } from '../../layers/batchNorm.js';
import type { LayerSpec } from '../../layers/layer.js';
import type { Gradient, TrainingCall } from './gradient.js';

/** Addresses of the parameters, and of mean and inverse deviation of the batch (or scale and shift at inference). */
function places({ parameters, kept, shape }: TrainingCall) {
  const [scale, bias, mean, variance] = parameters.map(({ address }) => address) as [
    number,
    number,
    number,
    number,
  ];
  return { scale, bias, mean, variance, first: kept, second: kept + shape[0]! * 4 };
}

function normalize(call: TrainingCall, spec: LayerSpec): void {
  const { train, x, y, shape, lanes, tiles, samples } = call;
  const { scale, bias, first, second } = places(call);
  const sizes = [shape[0]!, pixelsOf(shape), lanes, tiles] as const;
  train.batch_norm_f32(y, x, scale, bias, first, second, ...sizes, samples, spec.epsilon as number);
}

/** Running statistics move towards those that normalize() left behind. */
function moveRunning(call: TrainingCall, spec: LayerSpec): void {
  const { train, shape, samples } = call;
  const { mean, variance, first, second } = places(call);
  const { epsilon, momentum } = spec as unknown as { epsilon: number; momentum: number };
  const count = samples * pixelsOf(shape);
  train.batch_norm_running_f32(mean, variance, first, second, shape[0]!, count, epsilon, momentum);
}

/** As a session does it: y = x · scale + shift. */
function applyRunning(call: TrainingCall, spec: LayerSpec): void {
  const { kernels, memory, x, y, shape, lanes, tiles, parameters } = call;
  const { first, second } = places(call);
  const { scale, shift } = affineOf(
    spec,
    parameters.map((parameter) => parameter.view()),
  );
  memory.f32.set(scale, first / 4);
  memory.f32.set(shift, second / 4);
  kernels.affine_f32(y, x, first, second, shape[0]!, pixelsOf(shape) * lanes, tiles, -Infinity);
}

export const batchNormGradient: Gradient = {
  inPlace: true,
  keptBytes: ({ shape }) => shape[0]! * 8,
  forward(call, spec) {
    if (call.training) normalize(call, spec);
    else applyRunning(call, spec);
  },
  backward(call, spec) {
    const { train, x, dy, dx, shape, lanes, tiles, samples } = call;
    const { scale, mean, variance, first, second } = places(call);
    const [dscale = 0, dbias = 0] = call.gradients;
    const sizes = [shape[0]!, pixelsOf(shape), lanes, tiles] as const;
    if (call.training) {
      train.batch_norm_grad_f32(dx, dscale, dbias, dy, x, scale, first, second, ...sizes, samples);
    } else {
      const epsilon = spec.epsilon as number;
      train.batch_norm_frozen_grad_f32(dx, dscale, dbias, dy, x, scale, mean, variance, ...sizes, epsilon);
    }
  },
  commit: moveRunning,
};
