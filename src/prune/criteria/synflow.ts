import { describedAs } from '../../described.js';
import { type Criterion, statisticOf } from './criterion.js';

/** What is far below the smallest float32 still has a rank. */
const SCALE = 2 ** 100;

/**
 * Synaptic flow: score = |w dR/dw| for R = 1^T |W_L| ... |W_1| 1, in shares of R, times 2^100. Needs no data, and many
 * rounds (100): so it never takes the last weight of a layer before it must. Batch normalization multiplies by the size of its factor at inference;
 * pooling of either kind hands on the mean of its window, where the authors' code keeps maxima: masks differ for max pooling. Tanaka et al. 2020, arXiv:2006.05467, eq. 1.
 */
export function synflow(): Criterion {
  const score: Criterion = (context) => {
    const flow = statisticOf('synflow', context, 'flow');
    return context.weight.map((w, i) => Math.abs(w) * flow[i]! * SCALE);
  };
  return describedAs(
    { kind: 'synflow' },
    Object.assign(score, { needs: ['flow'], defaults: { allocation: 'global', rounds: 100 } } as const),
  );
}
