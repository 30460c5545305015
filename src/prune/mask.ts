/** One pruning of weights: scores, allocation, masks; all or nothing. */
import { OptionError, ShapeError } from '../errors.js';
import { type SparseFormat, sparseFormats } from '../tensor/formats/index.js';
import type { Parameter } from '../tensor/parameter.js';
import { entriesOf } from '../tensor/values.js';
import { ifRoom, settleStorage, trainsIn } from '../train/storage.js';
import type { Trainable } from '../train/trainable.js';
import { type Allocation, layerOf } from './allocations/index.js';
import type { Criterion } from './criteria/index.js';
import { type Cut, cutOf } from './cut.js';
import { type GroupedWeight, group } from './grouped.js';
import { allocateGuarded, type GuardedMasks } from './guard.js';
import { inRows } from './inRows.js';
import { type PrunableWeight, type Scoring, scoreWeights } from './score.js';
import type { WeightStructure } from './structures/index.js';

/** What and how much: the axes of one pruning. */
export interface PruningAxes<S = WeightStructure> {
  readonly criterion: Criterion;
  readonly allocation: Allocation;
  readonly structure: S;
  /** True to leave every layer its best group. */
  readonly guard: boolean;
  /** Names of the layers that are pruned; all when left out. */
  readonly layers?: readonly string[] | undefined;
}

/** What a pruning did. */
export interface Applied {
  /** Tensors that the guard kept from losing everything. */
  readonly guarded: readonly string[];
  readonly cuts: readonly Cut[];
}

/** Weights that take part, with their places. */
export function chosenWeights(
  { parameters }: Pick<Trainable, 'parameters'>,
  layers?: readonly string[],
): PrunableWeight[] {
  return parameters.flatMap((parameter, index) => {
    const chosen = parameter.prunable && (!layers || layers.includes(layerOf(parameter)));
    return chosen ? { parameter, index } : [];
  });
}

/** Throws OptionError where a mask would bring a pruned weight back. */
function expectNoRevival({ parameter, tensor }: GroupedWeight, mask: Uint8Array): void {
  const revived = tensor.keys.findIndex((key, i) => key === 0 && mask[i] === 1);
  if (revived >= 0) {
    throw new OptionError(
      `prune: sparsity must not be below what is pruned already (pruned weights do not come back), ` +
        `got an allocation that revives ${parameter.name} at ${revived}`,
    );
  }
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

/** Masks of tensors by the allocation, checked. */
export function chooseMasks(
  tensors: readonly GroupedWeight['tensor'][],
  { allocation, guard }: Pick<PruningAxes, 'allocation' | 'guard'>,
  sparsity: number,
): GuardedMasks {
  return allocateGuarded(tensors, allocation, sparsity, guard);
}

/** How a round scores: what was gathered, and which round it is. */
export type RoundScoring = Pick<Scoring, 'statistics' | 'seed' | 'onProgress' | 'signal'>;

/** One byte a stored weight for each of some weights, which must be stored dense or in rows; nothing has changed yet. */
async function choose(
  model: Trainable,
  weights: readonly PrunableWeight[],
  axes: PruningAxes,
  sparsity: number,
  scoring: RoundScoring,
): Promise<Applied & { readonly keeps: readonly Uint8Array[] }> {
  const { criterion, structure } = axes;
  const share = () => sparsity;
  const whole = axes.allocation.stored !== true || !structure.single;
  const scored = await scoreWeights(model, weights, { ...scoring, criterion, share, whole });
  const grouped = scored.map((scores) => group(scores, structure));
  const { masks, guarded } = chooseMasks(
    grouped.map(({ tensor }) => tensor),
    axes,
    sparsity,
  );
  grouped.forEach((entry, i) => {
    expectNoRevival(entry, masks[i]!);
  });
  const cuts = grouped.map((entry, i) => cutOf(entry, masks[i]!));
  return { guarded, cuts, keeps: grouped.map((entry, i) => entry.spread(masks[i]!)) };
}

/** Prunes each weight by one byte for every stored value, all or none. */
function applyKeeps(
  model: Trainable,
  weights: readonly PrunableWeight[],
  keeps: readonly Uint8Array[],
): void {
  const { storage } = model;
  if (storage === 'block2' || storage === 'block4') {
    weights.forEach(({ parameter }, i) => {
      // What knows no blocks, as convolutions do, holds any set of weights.
      if (trainsIn(parameter, storage)) expectBlocks(parameter, keeps[i]!, storage);
    });
  }
  // Room for all new masks at once, or for none: a layer must not be pruned when the next one cannot be.
  const room = keeps.reduce((sum, { length }) => sum + length + 64, 0);
  model.engine.memory.allocate(room, false).free();
  weights.forEach(({ parameter }, i) => {
    parameter.prune(keeps[i]!);
  });
}

/** Prunes weights by masks of all their values, row-major; all or nothing. */
export async function applyMasks(
  model: Trainable,
  weights: readonly PrunableWeight[],
  masks: readonly Uint8Array[],
): Promise<void> {
  await inRows(weights, () => {
    const keeps = weights.map(({ parameter }, i) => {
      const stored = parameter.values();
      if (stored.format === 'dense') return masks[i]!;
      return Uint8Array.from(entriesOf(stored).positions, (at) => masks[i]![at]!);
    });
    applyKeeps(model, weights, keeps);
  });
  ifRoom(() => settleStorage(model)); // the masks are set
}

/**
 * Prunes weights of the model to `sparsity` of their groups; values and moments of what goes become zero, or are no longer
 * stored. Weights move to another storage where that trains faster and there is room. All or nothing.
 */
export async function applyPruning(
  model: Trainable,
  axes: PruningAxes,
  sparsity: number,
  scoring: RoundScoring,
): Promise<Applied> {
  const weights = chosenWeights(model, axes.layers);
  const { guarded, cuts } = await inRows(weights, async () => {
    const chosen = await choose(model, weights, axes, sparsity, scoring);
    applyKeeps(model, weights, chosen.keeps);
    return chosen;
  });
  ifRoom(() => settleStorage(model));
  return { guarded, cuts };
}
