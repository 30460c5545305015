import { describedAs } from '../../described.js';
import type { Loss } from './loss.js';

/** Mean over the outputs of -(t log x + (1 - t) log(1 - x)). Takes probabilities (end with sigmoid()) and float targets in [0, 1]. */
export const binaryCrossEntropy: Loss = describedAs(
  { kind: 'binaryCrossEntropy' },
  {
    kind: 'binaryCrossEntropy',
    targets: 'values',
    probabilities: true,
    range: [0, 1],
    run: ({ kernels, dx, x, target, outputs, samples, lanes }) =>
      kernels.binary_cross_entropy_f32(dx, x, target, outputs, lanes, samples, 1 / samples),
  },
);
