/** One pruning: scores, allocation, masks. */
import { DataError, OptionError, ShapeError } from '../errors.js';
import { show } from '../options.js';
import { type SparseFormat, sparseFormats } from '../tensor/formats/index.js';
import type { Parameter } from '../tensor/parameter.js';
import { entriesOf } from '../tensor/values.js';
import { settleStorage } from '../train/storage.js';
import type { Trainable } from '../train/trainable.js';
import type { Allocation, ScoredTensor } from './allocations/index.js';
import type { Criterion } from './criteria/index.js';
import { allocateGuarded, type GuardedMasks } from './guard.js';
import { sortableKeys } from './select.js';

/** Prunable parameters of a model. */
export function weightsOf({ parameters }: Pick<Trainable, 'parameters'>): Parameter[] {
  return parameters.filter((parameter) => parameter.prunable);
}

/** What a criterion is given of a weight, and how its scores become those of the stored values. */
function viewOf(parameter: Parameter, criterion: Criterion) {
  const stored = parameter.values();
  if (stored.format === 'dense') return { weight: stored.values, mask: stored.mask, live: null };
  if (criterion.elementwise) return { weight: stored.values, mask: null, live: null };
  const live = entriesOf(stored).positions;
  return { weight: parameter.read(), mask: parameter.readMask(), live };
}

/** Scores of all stored weights as sortable keys; those of weights that are pruned already are 0: nothing comes back. */
function score(model: Trainable, criterion: Criterion, round: number): ScoredTensor[] {
  const weights = weightsOf(model);
  const scratch = model.engine.memory.allocate(4 * Math.max(1, ...weights.map(({ count }) => count)));
  try {
    return weights.map((parameter): ScoredTensor => {
      const { name, shape, length } = parameter;
      const { weight, mask, live } = viewOf(parameter, criterion);
      const { kernels } = model;
      const seed = model.seed + round;
      const scores = criterion({ name, shape, weight, mask, seed, parameter, kernels, scratch });
      if (!(scores instanceof Float32Array) || scores.length !== weight.length) {
        throw new ShapeError(
          `prune: scores of ${name} must be a Float32Array of ${weight.length}, got ${show(scores)}`,
        );
      }
      const keys = sortableKeys(name, live ? Float32Array.from(live, (at) => scores[at]!) : scores);
      if (mask && !live) for (let i = 0; i < length; i++) if (mask[i] === 0) keys[i] = 0;
      return { name, shape, length, keys };
    });
  } finally {
    scratch.free();
  }
}

/** Throws OptionError where a mask would bring a pruned weight back. */
function expectNoRevival(weights: readonly Parameter[], masks: readonly Uint8Array[]): void {
  weights.forEach((weight, i) => {
    if (weight.format !== 'dense') return;
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

/** Throws ShapeError when what stays of a weight would not come in whole blocks, but must. */
function expectBlocks(weight: Parameter, keep: Uint8Array, format: SparseFormat): void {
  const { rows, cols, name } = weight;
  const height = sparseFormats[format];
  const counts = new Uint8Array(Math.ceil(rows / height) * cols);
  const stored = weight.values();
  const positions = stored.format === 'dense' ? null : entriesOf(stored).positions;
  keep.forEach((kept, i) => {
    const at = positions ? positions[i]! : i;
    if (kept === 1) counts[Math.floor(Math.floor(at / cols) / height) * cols + (at % cols)]!++;
  });
  const broken = counts.findIndex((count, block) => {
    const whole = Math.min(height, rows - Math.floor(block / cols) * height);
    return count !== 0 && count !== whole;
  });
  if (broken < 0) return;
  throw new ShapeError(
    `prune: storage '${format}' needs blocks of ${height} weights of ${name} that are pruned together, ` +
      `got one of which ${counts[broken]} would stay; choose another with setStorage()`,
  );
}

/** What and how much: the axes of one pruning. */
export interface PruningAxes {
  readonly criterion: Criterion;
  readonly allocation: Allocation;
  /** True to leave every layer its best weight. */
  readonly guard: boolean;
}

/** Masks for all weights, checked; nothing has changed yet. */
function chooseMasks(
  model: Trainable,
  { criterion, allocation, guard }: PruningAxes,
  sparsity: number,
  round: number,
): GuardedMasks {
  const weights = weightsOf(model);
  const tensors = score(model, criterion, round);
  const { masks, guarded } = allocateGuarded(tensors, allocation, sparsity, guard);
  if (masks.length !== weights.length || masks.some((mask, i) => mask.length !== tensors[i]!.keys.length)) {
    throw new ShapeError('prune: an allocation must return one mask for every weight, got others');
  }
  const other = masks.flatMap((mask) => mask.find((kept) => kept > 1) ?? []);
  if (other.length > 0) throw new DataError(`prune: masks must hold only 0 and 1, got ${other[0]}`);
  expectNoRevival(weights, masks);
  const { storage } = model;
  if (storage === 'block2' || storage === 'block4') {
    weights.forEach((weight, i) => {
      expectBlocks(weight, masks[i]!, storage);
    });
  }
  return { masks, guarded };
}

/**
 * Prunes the model to `sparsity`; values and moments of pruned weights become zero, or are no longer stored. Weights
 * move to another storage where that trains faster. All or nothing. Returns the names of tensors that the guard kept alive.
 */
export function applyPruning(
  model: Trainable,
  axes: PruningAxes,
  sparsity: number,
  round: number,
): readonly string[] {
  const weights = weightsOf(model);
  const formats = weights.map(({ format }) => format);
  let chosen: GuardedMasks;
  try {
    // Weights are pruned one by one: blocks are taken apart, and put together again where they still are blocks.
    for (const weight of weights) if (weight.format !== 'dense') weight.convert('csr');
    chosen = chooseMasks(model, axes, sparsity, round);
    // Room for all new masks at once, or for none: a layer must not be pruned when the next one cannot be.
    const room = chosen.masks.reduce((sum, { length }) => sum + length + 64, 0);
    model.engine.memory.allocate(room, false).free();
  } catch (error) {
    weights.forEach((weight, i) => {
      weight.convert(formats[i]!);
    });
    throw error;
  }
  weights.forEach((weight, i) => {
    weight.prune(chosen.masks[i]!);
    if (weight.format !== 'dense' && weight.fits(formats[i]!)) weight.convert(formats[i]!);
  });
  settleStorage(model);
  return chosen.guarded;
}
