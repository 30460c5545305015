import { describedAs } from '../../described.js';
import type { Loss } from './loss.js';

/** Softmax and cross-entropy in one: -log softmax(x)[label]. Takes logits and class labels; default for labels. */
export const softmaxCrossEntropy: Loss = describedAs(
  { kind: 'softmaxCrossEntropy' },
  {
    kind: 'softmaxCrossEntropy',
    targets: 'labels',
    logits: true,
    run: ({ kernels, dx, x, target, outputs, samples, lanes, tiles }) =>
      kernels.softmax_cross_entropy_f32(dx, x, target, outputs, lanes, tiles, 1 / samples),
  },
);
