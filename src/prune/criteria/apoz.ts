import { describedAs } from '../../described.js';
import { type Criterion, statisticOf } from './criterion.js';

/**
 * Share of samples for which a unit is not zero after its activation: score = 1 - APoZ (average percentage of zeros)
 * [rows]. Says something where the activation has zeros, as relu() does. Units are judged within their layer, as in the paper:
 * allocation `'uniform'` by default. Hu et al. 2016, arXiv:1607.03250, eq. 1.
 */
export function apoz(): Criterion {
  const score: Criterion = (context) => Float32Array.from(statisticOf('apoz', context, 'activity').nonzero);
  const defaults = { allocation: 'uniform' };
  return describedAs(
    { kind: 'apoz' },
    Object.assign(score, { needs: ['activity'], scores: 'units', defaults } as const),
  );
}
