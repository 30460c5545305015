/** One prunable tensor, in groups: single weights, blocks, or the units of a layer. */
export interface TensorShape {
  readonly name: string;
  readonly shape: readonly number[];
  /** Groups, pruned ones included. */
  readonly length: number;
}

/** With its scores as sortable keys: higher is kept. */
export interface ScoredTensor extends TensorShape {
  /** Of all groups, row-major, 0 where pruned; of the weights in store alone for an allocation that is `stored`. */
  readonly keys: Uint32Array;
  /** Groups in a row of the tensor. */
  readonly columns: number;
  /** Standard deviation of the weights that are not pruned. */
  deviation(): number;
}

/**
 * Masks, one byte a key (1 keeps), for a share of zeros over all tensors. What is pruned counts among the zeros, and its key of 0
 * must not be kept.
 */
export interface Allocation {
  (tensors: readonly ScoredTensor[], sparsity: number): Uint8Array[];
  /** The share of zeros over all tensors, for an allocation that decides it by itself. */
  readonly target?: (tensors: readonly TensorShape[]) => number;
  /**
   * True for one that counts by `length`, never by the number of keys, nor by their places: of a tensor in sparse storage it is
   * then given the keys of the stored weights alone. Without it, tensors are laid out in full for it.
   */
  readonly stored?: boolean;
  /** True when it chooses by places inside a tensor: pruning layer by layer then asks it again, one tensor at a time. */
  readonly withinTensors?: boolean;
  /** True when how many each tensor keeps does not depend on scores. */
  readonly byShape?: boolean;
}

/** Weights that stay: all but round(sparsity * total). */
export function keptOf(total: number, sparsity: number): number {
  return total - Math.round(sparsity * total);
}

/** The layer of a tensor: `dense1` of `dense1.weight`, and of `dense1` itself. */
export function layerOf({ name }: { readonly name: string }): string {
  const dot = name.lastIndexOf('.');
  return dot < 0 ? name : name.slice(0, dot);
}
