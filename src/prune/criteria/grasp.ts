import { describedAs } from '../../described.js';
import { type Criterion, statisticOf } from './criterion.js';

/**
 * Gradient signal preservation: score = w (H g). Removing a weight changes the squared length of the gradient by
 * S(-w) = -w (H g) to first order; the weights with the highest S, which hold the gradient back, go first, so that a high
 * w (H g) stays. H g holds the gates of ReLU and max pooling fixed, as double back-propagation does; batch normalization is that of inference
 * (see CalibrationOptions). Meant for a model that has not been trained. Wang et al. 2020, arXiv:2002.07376, eq. 8 and algorithm 1.
 */
export function grasp(): Criterion {
  const score: Criterion = (context) => {
    const product = statisticOf('grasp', context, 'gradientProduct');
    return context.weight.map((w, i) => w * product[i]!);
  };
  return describedAs(
    { kind: 'grasp' },
    Object.assign(score, { needs: ['gradientProduct'], defaults: { allocation: 'global' } } as const),
  );
}
