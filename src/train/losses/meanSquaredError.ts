import { describedAs } from '../../described.js';
import type { Loss } from './loss.js';

/** Mean over the outputs of (x - t)^2. Takes float targets [n, ...outputShape]; default for those. */
export const meanSquaredError: Loss = describedAs(
  { kind: 'meanSquaredError' },
  {
    kind: 'meanSquaredError',
    targets: 'values',
    run: ({ kernels, dx, x, target, outputs, samples, lanes }) =>
      kernels.mean_squared_error_f32(dx, x, target, outputs, lanes, samples, 1 / samples),
  },
);
