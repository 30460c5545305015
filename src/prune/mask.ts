/** One pruning: scores, allocation, masks. */
import { DataError, OptionError, ShapeError } from '../errors.js';
import { show } from '../options.js';
import type { Parameter } from '../tensor/parameter.js';
import type { Trainable } from '../train/trainable.js';
import type { Allocation, ScoredTensor } from './allocations/index.js';
import type { Criterion } from './criteria/index.js';
import { sortableKeys } from './select.js';

/** Prunable parameters of a model. */
export function weightsOf({ parameters }: Pick<Trainable, 'parameters'>): Parameter[] {
  return parameters.filter((parameter) => parameter.prunable);
}

/** Scores of all weights as sortable keys; weights that are pruned already get 0, the lowest: nothing comes back. */
function score(model: Trainable, criterion: Criterion, round: number): ScoredTensor[] {
  const weights = weightsOf(model);
  const scratch = model.engine.memory.allocate(4 * Math.max(1, ...weights.map((weight) => weight.length)));
  try {
    return weights.map((parameter): ScoredTensor => {
      const { name, shape, length, address } = parameter;
      const weight = parameter.read();
      const mask = parameter.readMask();
      const seed = model.seed + round;
      const scores = criterion({ name, shape, weight, mask, seed, address, kernels: model.kernels, scratch });
      if (!(scores instanceof Float32Array) || scores.length !== length) {
        throw new ShapeError(
          `prune: scores of ${name} must be a Float32Array of ${length}, got ${show(scores)}`,
        );
      }
      const keys = sortableKeys(name, scores);
      if (mask) for (let i = 0; i < length; i++) if (mask[i] === 0) keys[i] = 0;
      return { name, shape, length, keys };
    });
  } finally {
    scratch.free();
  }
}

/** Throws OptionError where a mask would bring a pruned weight back. */
function expectNoRevival(weights: readonly Parameter[], masks: readonly Uint8Array[]): void {
  weights.forEach((weight, i) => {
    const old = weight.readMask();
    const revived = old?.findIndex((kept, j) => kept === 0 && masks[i]![j] === 1) ?? -1;
    if (revived >= 0) {
      throw new OptionError(
        `prune: sparsity must not be below what is pruned already (pruned weights do not come back), ` +
          `got an allocation that revives ${weight.name} at ${revived}`,
      );
    }
  });
}

/** Prunes the model to `sparsity`; values and moments of pruned weights become zero. All or nothing. */
export function applyPruning(
  model: Trainable,
  criterion: Criterion,
  allocation: Allocation,
  sparsity: number,
  round: number,
): void {
  const weights = weightsOf(model);
  const masks = allocation(score(model, criterion, round), sparsity);
  if (masks.length !== weights.length || masks.some((mask, i) => mask.length !== weights[i]!.length)) {
    throw new ShapeError('prune: an allocation must return one mask for every weight, got others');
  }
  const other = masks.flatMap((mask) => mask.find((kept) => kept > 1) ?? []);
  if (other.length > 0) throw new DataError(`prune: masks must hold only 0 and 1, got ${other[0]}`);
  expectNoRevival(weights, masks);
  weights.forEach((weight, i) => {
    weight.setMask(masks[i]!);
  });
  model.states.applyMasks();
}
