import type { LayerSpec } from '../../layers/layer.js';
import type { Gradient, TrainingCall } from './gradient.js';

/** Both passes draw the same random numbers anew from the seed of the step: nothing has to be kept. */
function drop(call: TrainingCall, spec: LayerSpec, to: number, from: number): void {
  const n = call.inputs * call.tiles * call.lanes;
  call.train.random_uniform_f32(call.scratch, n, call.seed.low, call.seed.high, 0, 1);
  call.train.dropout_f32(to, from, call.scratch, n, spec.rate as number);
}

export const dropoutGradient: Gradient = {
  inPlace: true,
  scratchBytes: ({ inputs, lanes, tiles }) => inputs * tiles * lanes * 4,
  forward: (call, spec) => drop(call, spec, call.y, call.x),
  backward(call, spec) {
    // In inference mode nothing was dropped, and dx is dy.
    if (call.dx && call.training) drop(call, spec, call.dx, call.dy);
  },
};

/** Layers that pass values through: the gradient is already where it belongs. */
export const identityGradient: Gradient = { inPlace: true, backward() {} };
