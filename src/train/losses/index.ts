/** Registry of losses: a new one is one file and one line here. */
import { OptionError } from '../../errors.js';
import { expectOneOf, show } from '../../options.js';
import { binaryCrossEntropy } from './binaryCrossEntropy.js';
import type { Loss } from './loss.js';
import { meanSquaredError } from './meanSquaredError.js';
import { softCrossEntropy } from './softCrossEntropy.js';
import { softmaxCrossEntropy } from './softmaxCrossEntropy.js';

export const losses = {
  softmaxCrossEntropy,
  meanSquaredError,
  binaryCrossEntropy,
  softCrossEntropy,
} as const satisfies Readonly<Record<string, Loss>>;

/** Name of a loss. */
export type LossName = keyof typeof losses;

/** The loss given by object or name; by the type of the targets when none is given. */
export function resolveLoss(
  where: string,
  loss: Loss | LossName | undefined,
  targets: 'labels' | 'values',
): Loss {
  const byDefault = targets === 'labels' ? softmaxCrossEntropy : meanSquaredError;
  const name = (given: string) =>
    losses[expectOneOf(where, 'loss', given, Object.keys(losses) as LossName[])];
  const chosen = loss === undefined ? byDefault : typeof loss === 'string' ? name(loss) : loss;
  if (typeof chosen?.run !== 'function')
    throw new OptionError(`${where}: loss must be a loss, got ${show(loss)}`);
  if (chosen.targets !== targets) {
    const need =
      chosen.targets === 'labels' ? 'class labels (Uint8Array or Int32Array)' : 'a Float32Array of targets';
    throw new OptionError(`${where}: ${chosen.kind} must be given ${need}, got ${targets}`);
  }
  return chosen;
}
