import { type Criterion, statisticOf } from './criterion.js';

/**
 * Weights and activations: score = |w_ij| ||X_j||_2 over the samples, compared within a row (allocation `'rows'`), layer
 * after layer through what is pruned already. Sun et al. 2023, arXiv:2306.11695, eq. 1.
 */
export function wanda(): Criterion {
  const score: Criterion = (context) => {
    const norms = statisticOf('wanda', context, 'inputNorms');
    return context.weight.map((w, i) => Math.abs(w) * norms[i % norms.length]!);
  };
  return Object.assign(score, {
    needs: ['inputNorms'],
    layerwise: true,
    defaults: { allocation: 'rows' },
  } as const);
}
