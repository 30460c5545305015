import { OptionError } from '../errors.js';
import { expectNumber, expectOptions } from '../options.js';
import { keepsShape, type LayerSpec, type LayerType } from './layer.js';

/**
 * Dropout: while training, each value is zero with probability `rate` (in [0, 1)) and divided by 1 - rate
 * otherwise; does nothing at inference. Srivastava et al. 2014. Which values go depends on seed and step alone.
 */
export function dropout(rate: number): LayerSpec {
  return dropoutType.check({ kind: 'dropout', rate });
}

export const dropoutType: LayerType = {
  ...keepsShape,
  kind: 'dropout',
  role: 'identity',
  check(spec) {
    expectOptions('dropout', spec, ['kind', 'rate']);
    const rate = expectNumber('dropout', 'rate', spec.rate, 0, 1);
    if (rate === 1) throw new OptionError('dropout: rate must be below 1, got 1');
    return Object.freeze({ kind: 'dropout', rate });
  },
};
