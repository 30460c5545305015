import { describedAs } from '../../described.js';
import { OptionError } from '../../errors.js';
import { expectInteger } from '../../options.js';
import type { WeightStructure } from './structure.js';

/**
 * Of every `m` consecutive inputs of an output the `n` with the highest scores stay: nm(2, 4). It fixes the share of zeros,
 * 1 - n / m, and needs inputs that m divides, as kernels for the pattern do (srSte() takes a short last run). The inputs of a filter follow one another
 * as [channels, kernel height, kernel width], so runs go along kernel rows and from one channel to the next; in Mishra et al. they go along
 * the channels at one place of the kernel. Mishra et al. 2021, arXiv:2104.08378. Throws OptionError unless 1 <= n < m.
 */
export function nm(n: number, m: number): WeightStructure {
  const kept = expectInteger('nm', 'n', n);
  const run = expectInteger('nm', 'm', m, 2);
  if (kept >= run) throw new OptionError(`nm: n must be below m, got ${n} of ${m}`);
  return describedAs(
    { kind: 'nm', n: kept, m: run },
    Object.freeze({
      kind: `nm(${kept}, ${run})`,
      prunes: 'weights',
      single: true,
      share: 1 - kept / run,
      pool: 'mean',
      groups({ name, rows, cols }) {
        if (cols % run !== 0) {
          throw new OptionError(
            `nm(${kept}, ${run}): ${name} must have a number of inputs that ${run} divides, got ${cols}; ` +
              'leave its layer out with `layers`',
          );
        }
        return { rows, cols, of: null };
      },
      choose(keys) {
        const keep = new Uint8Array(keys.length);
        for (let first = 0; first < keys.length; first += run) {
          for (let turn = 0; turn < kept; turn++) {
            let best = -1;
            for (let i = first; i < first + run; i++) {
              if (keep[i] === 0 && keys[i] !== 0 && (best < 0 || keys[i]! > keys[best]!)) best = i;
            }
            if (best >= 0) keep[best] = 1;
          }
        }
        return keep;
      },
    } satisfies WeightStructure),
  );
}
