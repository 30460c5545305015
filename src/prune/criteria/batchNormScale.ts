import { describedAs } from '../../described.js';
import { OptionError } from '../../errors.js';
import type { Criterion } from './criterion.js';

/**
 * Scale of the batch normalization behind a unit: score = |gamma| [rows]; the mean over its values where a unit has several, as behind
 * flatten. Needs no data; tells most after training with batchNormSlimming(). Liu et al. 2017, arXiv:1708.06519.
 *
 * @throws OptionError, when it scores, for a layer without batch normalization behind it.
 */
export function batchNormScale(): Criterion {
  const score: Criterion = ({ name, shape, scales }) => {
    if (!scales) {
      throw new OptionError(
        `batchNormScale: a layer must have batchNorm() behind it, got ${name.replace(/\.weight$/, '')} without`,
      );
    }
    const units = shape[0]!;
    const run = scales.length / units;
    return Float32Array.from({ length: units }, (_, unit) => {
      let sum = 0;
      for (let i = unit * run; i < (unit + 1) * run; i++) sum += Math.abs(scales[i]!);
      return sum / run;
    });
  };
  return describedAs({ kind: 'batchNormScale' }, Object.assign(score, { scores: 'units' } as const));
}
