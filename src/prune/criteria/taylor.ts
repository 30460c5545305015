import { describedAs } from '../../described.js';
import { type Criterion, statisticOf } from './criterion.js';

/**
 * First-order Taylor expansion of the loss: score = mean over the batches of (g w)^2, g = dL/dw of a batch, so that `batchSize` matters.
 * Batch normalization is that of inference: see CalibrationOptions.
 * Molchanov et al. 2019, arXiv:1906.10771, eq. 8.
 */
export function taylor(): Criterion {
  const score: Criterion = (context) => statisticOf('taylor', context, 'taylor');
  return describedAs({ kind: 'taylor' }, Object.assign(score, { needs: ['taylor'] } as const));
}

/**
 * The same for whole units, where `batchSize` matters as well: score = mean over the batches of (sum of g w over the incoming weights and the bias of the
 * unit)^2 [rows]. Molchanov et al. 2019, arXiv:1906.10771, eq. 7.
 */
export function unitTaylor(): Criterion {
  const score: Criterion = (context) => Float32Array.from(statisticOf('unitTaylor', context, 'unitTaylor'));
  return describedAs(
    { kind: 'unitTaylor' },
    Object.assign(score, { needs: ['unitTaylor'], scores: 'units' } as const),
  );
}
