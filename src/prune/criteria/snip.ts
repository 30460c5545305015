import { describedAs } from '../../described.js';
import { type Criterion, statisticOf } from './criterion.js';

/**
 * Connection sensitivity: score = |g w|, g = dL/dw averaged over all samples first. Meant for a model that has not been
 * trained, and one ranking over all layers. Lee et al. 2019, arXiv:1810.02340, eq. 6 (without its constant divisor).
 * Batch normalization is that of inference: see CalibrationOptions.
 */
export function snip(): Criterion {
  const score: Criterion = (context) => {
    const g = statisticOf('snip', context, 'gradient');
    return context.weight.map((w, i) => Math.abs(w * g[i]!));
  };
  return describedAs(
    { kind: 'snip' },
    Object.assign(score, { needs: ['gradient'], defaults: { allocation: 'global' } } as const),
  );
}
