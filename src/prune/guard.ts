/** Keeps layers from collapsing: a ranking over all layers may take every weight of one, and the network is dead. */
import type { Allocation, ScoredTensor } from './allocations/index.js';

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

/** The same tensor with its best weight ranked above all others. */
function lifted(tensor: ScoredTensor): ScoredTensor {
  const keys = tensor.keys.slice();
  let best = 0;
  for (let i = 1; i < keys.length; i++) if (keys[i]! > keys[best]!) best = i;
  keys[best] = 0xffffffff;
  return { ...tensor, keys };
}

/**
 * Masks of an allocation. With `guard`, tensors that it would empty keep their best weight and others one less, unless
 * fewer weights are to stay than there are tensors.
 */
export function allocateGuarded(
  tensors: readonly ScoredTensor[],
  allocation: Allocation,
  sparsity: number,
  guard: boolean,
): GuardedMasks {
  let ranked = [...tensors];
  let masks = allocation(ranked, sparsity);
  const guarded: string[] = [];
  const alive = tensors.map(({ keys }) => countOf(keys) > 0);
  const kept = masks.reduce((sum, mask) => sum + countOf(mask), 0);
  if (!guard || kept < alive.filter((one) => one).length) return { masks, guarded };
  for (let turn = 0; turn < tensors.length; turn++) {
    const empty = tensors.map(
      ({ name }, i) => alive[i] && countOf(masks[i]!) === 0 && !guarded.includes(name),
    );
    if (!empty.includes(true)) break;
    ranked = ranked.map((tensor, i) => (empty[i] ? lifted(tensor) : tensor));
    guarded.push(...tensors.flatMap(({ name }, i) => (empty[i] ? name : [])));
    masks = allocation(ranked, sparsity);
  }
  return { masks, guarded };
}
