/** Registry of losses: a new one is one file and one line here. */
import { DataError, OptionError } from '../../errors.js';
import { endsInProbabilities, endsInSoftmax, type Graph } from '../../graph/graph.js';
import { expectOneOf, show } from '../../options.js';
import type { Targets } from '../data.js';
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

/** Throws DataError unless all targets are in the range of the loss. */
function expectRange(
  where: string,
  { kind, range: [low, high] = [-Infinity, Infinity] }: Loss,
  y: Float32Array,
) {
  const at = y.findIndex((target) => target < low || target > high);
  if (at < 0) return;
  const rule = high === Infinity ? `>= ${low}` : `in [${low}, ${high}]`;
  throw new DataError(`${where}: targets of ${kind} must be ${rule}, got ${y[at]} at ${at}`);
}

/**
 * The loss given by object or name; by the type of the targets when none is given. Throws OptionError where it does not suit
 * the targets, or the network that is to be trained on it; DataError for targets that it has no value for.
 */
export function resolveLoss(
  where: string,
  loss: Loss | LossName | undefined,
  y: Targets | undefined,
  graph?: Graph,
): Loss {
  const targets = y instanceof Float32Array ? 'values' : 'labels';
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
  if (chosen.logits && graph && endsInSoftmax(graph)) {
    throw new OptionError(
      `${where}: ${chosen.kind} takes logits: leave softmax() out (for probabilities, give the weights to a model ` +
        'that ends in it), got a model that ends in softmax()',
    );
  }
  if (chosen.probabilities && graph && !endsInProbabilities(graph)) {
    throw new OptionError(
      `${where}: ${chosen.kind} takes probabilities: end the model in sigmoid(), got a model that ends in ` +
        `${graph.nodes.at(-1)!.type.kind}()`,
    );
  }
  if (y instanceof Float32Array) expectRange(where, chosen, y);
  return chosen;
}
