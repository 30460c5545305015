import { poolArguments, poolGeometry } from '../../layers/pooling.js';
import type { Gradient } from './gradient.js';

/** The gradient of a window goes to its first largest value. */
export const maxPool2dGradient: Gradient = {
  inPlace: false,
  gated({ train, x, y, shape, lanes, tiles }, spec, gates) {
    const windows = poolArguments(poolGeometry(spec, shape));
    train.max_pool_pick_f32(y, x, gates.x, gates.y, ...windows, lanes, tiles);
  },
  backward({ train, x, y, dy, dx, shape, lanes, tiles }, spec) {
    if (!dx) return;
    train.max_pool_grad_f32(dx, dy, x, y, ...poolArguments(poolGeometry(spec, shape)), lanes, tiles);
  },
};

/** The gradient of a window is shared by its values. */
export const avgPool2dGradient: Gradient = {
  inPlace: false,
  backward({ train, dy, dx, shape, lanes, tiles }, spec) {
    if (dx) train.avg_pool_grad_f32(dx, dy, ...poolArguments(poolGeometry(spec, shape)), lanes, tiles);
  },
};
