/** Keeps layers from collapsing: a ranking over all layers may take every weight of one, and the network is dead. */
import { DataError, OptionError, ShapeError } from '../errors.js';
import type { Allocation, ScoredTensor } from './allocations/index.js';
import { returned } from './returned.js';

/** Masks, and the names of tensors that would have lost all their weights without the guard. */
export interface GuardedMasks {
  readonly masks: readonly Uint8Array[];
  readonly guarded: readonly string[];
}

/** Entries that are not 0. */
function countOf(list: Uint8Array | Uint32Array): number {
  let count = 0;
  for (let i = 0; i < list.length; i++) if (list[i] !== 0) count++;
  return count;
}

/** Index of the highest key. */
function bestOf(keys: Uint32Array): number {
  let best = 0;
  for (let i = 1; i < keys.length; i++) if (keys[i]! > keys[best]!) best = i;
  return best;
}

/** The same tensor with its best weight ranked above all others. */
function lifted(tensor: ScoredTensor): ScoredTensor {
  const keys = tensor.keys.slice();
  keys[bestOf(keys)] = 0xffffffff;
  return { ...tensor, keys };
}

/** What an allocation returns, checked. Throws OptionError, ShapeError or DataError. */
function masksOf(
  allocation: Allocation,
  tensors: readonly ScoredTensor[],
  sparsity: number,
): readonly Uint8Array[] {
  const masks = allocation(tensors, sparsity);
  if (!Array.isArray(masks)) {
    throw new OptionError(`prune: allocation must return a list of masks, got ${returned(masks)}`);
  }
  const fits = (mask: unknown, i: number) =>
    mask instanceof Uint8Array && mask.length === tensors[i]!.keys.length;
  if (masks.length !== tensors.length || !masks.every(fits)) {
    throw new ShapeError('prune: an allocation must return one mask for every weight, got others');
  }
  const other = masks.flatMap((mask) => mask.find((kept) => kept > 1) ?? []);
  if (other.length > 0) throw new DataError(`prune: masks must hold only 0 and 1, got ${other[0]}`);
  return masks;
}

/**
 * Masks of an allocation. With `guard`, tensors that it would empty keep their best weight: others keep one less where the
 * allocation ranks them together, else one weight more stays than was asked for. A sparsity of 1 empties all.
 */
export function allocateGuarded(
  tensors: readonly ScoredTensor[],
  allocation: Allocation,
  sparsity: number,
  guard: boolean,
): GuardedMasks {
  let ranked = [...tensors];
  let masks = masksOf(allocation, ranked, sparsity);
  const guarded: string[] = [];
  const alive = tensors.map(({ keys }) => countOf(keys) > 0);
  if (!guard || sparsity >= 1) return { masks, guarded };
  for (let turn = 0; turn < tensors.length; turn++) {
    const empty = tensors.map(
      ({ name }, i) => alive[i] && countOf(masks[i]!) === 0 && !guarded.includes(name),
    );
    if (!empty.includes(true)) break;
    ranked = ranked.map((tensor, i) => (empty[i] ? lifted(tensor) : tensor));
    guarded.push(...tensors.flatMap(({ name }, i) => (empty[i] ? name : [])));
    masks = masksOf(allocation, ranked, sparsity);
  }
  const left = masks.map((mask, i) => {
    if (!alive[i] || countOf(mask) > 0) return mask;
    const best = new Uint8Array(mask.length);
    best[bestOf(tensors[i]!.keys)] = 1;
    return best;
  });
  return { masks: left, guarded };
}
