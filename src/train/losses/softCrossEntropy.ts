import { describedAs } from '../../described.js';
import type { Loss } from './loss.js';

/**
 * Softmax and cross-entropy against soft targets: -sum t log softmax(x). Takes logits and float targets [n, classes] >= 0, such as
 * the probabilities of a teacher (distillation: Hinton, Vinyals & Dean 2015, arXiv:1503.02531) or smoothed labels (Szegedy et
 * al. 2016, arXiv:1512.00567). One-hot targets give softmaxCrossEntropy.
 */
export const softCrossEntropy: Loss = describedAs(
  { kind: 'softCrossEntropy' },
  {
    kind: 'softCrossEntropy',
    targets: 'values',
    logits: true,
    range: [0, Infinity],
    run: ({ kernels, dx, x, target, outputs, samples, lanes }) =>
      kernels.soft_cross_entropy_f32(dx, x, target, outputs, lanes, samples, 1 / samples),
  },
);
