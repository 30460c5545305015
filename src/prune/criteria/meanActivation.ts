import { describedAs } from '../../described.js';
import { type Criterion, statisticOf } from './criterion.js';

/** Mean of a unit after its activation: score = |mean over the samples| [rows]. Molchanov et al. 2017, arXiv:1611.06440. */
export function meanActivation(): Criterion {
  const score: Criterion = (context) =>
    Float32Array.from(statisticOf('meanActivation', context, 'activity').mean, Math.abs);
  return describedAs(
    { kind: 'meanActivation' },
    Object.assign(score, { needs: ['activity'], scores: 'units' } as const),
  );
}
