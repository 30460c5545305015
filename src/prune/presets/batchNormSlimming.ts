import { OptionError } from '../../errors.js';
import { expectNumber, expectOptions } from '../../options.js';
import type { PruningProcess, TrainingPruning } from '../../train/pruning.js';
import type { Trainable } from '../../train/trainable.js';

/** Options of batchNormSlimming(). */
export interface BatchNormSlimmingOptions {
  /** Weight of the penalty, above 0; 1e-4 by default. */
  readonly strength?: number;
}

/** Adds strength · sign(gamma) to the gradients of the scales at `positions`. */
function slimming(
  { engine, parameters }: Trainable,
  positions: readonly number[],
  strength: number,
): PruningProcess {
  return {
    observe: () => undefined,
    rewire: () => false,
    state: () => null,
    restore() {},
    adjust(gradients) {
      const { f32 } = engine.memory;
      for (const position of positions) {
        const { address, count } = parameters[position]!;
        const [gamma, g] = [address / 4, gradients[position]! / 4];
        for (let i = 0; i < count; i++) f32[g + i]! += strength * Math.sign(f32[gamma + i]!);
      }
    },
  };
}

/**
 * Training with an L1 penalty on the scales of batch normalization: loss + strength · sum |gamma|, so that gradients of scales become
 * g + strength · sign(gamma). Channels that matter little end up with small scales, and `criterion: 'batchNormScale'` removes
 * them. Give it to fit as `pruning`; it prunes nothing itself. Liu et al. 2017, arXiv:1708.06519, eq. 1.
 *
 * @throws OptionError on a strength that is not above 0; when training begins, for models without batchNorm().
 */
export function batchNormSlimming(options: BatchNormSlimmingOptions = {}): TrainingPruning {
  expectOptions('batchNormSlimming', options, ['strength']);
  const strength = expectNumber('batchNormSlimming', 'strength', options.strength ?? 1e-4, 0);
  if (strength === 0) throw new OptionError('batchNormSlimming: strength must be above 0, got 0');
  return Object.freeze({
    kind: 'batchNormSlimming',
    options: { strength },
    start(model) {
      const specs = model.graph.nodes.flatMap(({ type, parameters }) =>
        parameters.map(({ role }) => type.kind === 'batchNorm' && role === 'scale'),
      );
      const positions = [...specs.keys()].filter((position) => specs[position]);
      if (positions.length === 0) {
        throw new OptionError('batchNormSlimming: a model must have a batchNorm() layer, got none');
      }
      return slimming(model, positions, strength);
    },
  } satisfies TrainingPruning);
}
