import { describedAs } from '../../described.js';
import { type Criterion, statisticOf } from './criterion.js';

/**
 * What moves away from zero stays: score = -g w, g = dL/dw averaged over the samples. A weight whose descent step goes
 * towards zero scores below 0. One look at it, for prune(); movement() adds it up while a model trains. Sanh et al. 2020,
 * arXiv:2005.07683.
 */
export function movementScore(): Criterion {
  const score: Criterion = (context) => {
    const g = statisticOf('movement', context, 'gradient');
    return context.weight.map((w, i) => -w * g[i]!);
  };
  return describedAs({ kind: 'movement' }, Object.assign(score, { needs: ['gradient'] } as const));
}
