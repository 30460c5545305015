import { describedAs } from '../../described.js';
import { type Criterion, statisticOf } from './criterion.js';

/**
 * Weights and activations: score = |w_ij| ||X_j||_2 over the samples, compared within a row (allocation `'rows'`), layer
 * after layer through what is pruned already. The inputs of a convolution are those of all its windows. Sun et al. 2023, arXiv:2306.11695, eq. 1.
 */
export function wanda(): Criterion {
  const score: Criterion = (context) => {
    const { weight, groups = 1 } = context;
    const norms = statisticOf('wanda', context, 'inputNorms');
    const cols = norms.length / groups;
    const groupLength = weight.length / groups;
    const input = (i: number) => Math.floor(i / groupLength) * cols + (i % cols);
    return weight.map((w, i) => Math.abs(w) * norms[input(i)]!);
  };
  return describedAs(
    { kind: 'wanda' },
    Object.assign(score, {
      needs: ['inputNorms'],
      layerwise: true,
      defaults: { allocation: 'rows' },
    } as const),
  );
}
