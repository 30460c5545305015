import { describedAs } from '../../described.js';
import { type Criterion, statisticOf } from './criterion.js';

/**
 * Distance to the geometric median: score_i = sum over k of ||W_i - W_k||_2 [rows]. The units nearest to all others are
 * replaceable and go first. Needs no data. Distances grow with the inputs of a unit, so that layers do not compare: allocation
 * `'uniform'` by default, the same share of every layer as in the paper. He et al. 2019, arXiv:1811.00250, eq. 6.
 */
export function fpgm(): Criterion {
  const score: Criterion = (context) => Float32Array.from(statisticOf('fpgm', context, 'rowDistances'));
  const defaults = { allocation: 'uniform' };
  return describedAs(
    { kind: 'fpgm' },
    Object.assign(score, { needs: ['rowDistances'], scores: 'units', defaults } as const),
  );
}
