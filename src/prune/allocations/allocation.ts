/** One prunable tensor, in groups: single weights, blocks, or the units of a layer. */
export interface TensorShape {
  readonly name: string;
  readonly shape: readonly number[];
  /** Groups, pruned ones included. */
  readonly length: number;
}

/** With its scores as sortable keys: of all groups (0 where pruned), or of the stored weights alone. */
export interface ScoredTensor extends TensorShape {
  readonly keys: Uint32Array;
  /** Groups in a row of the tensor. */
  readonly columns: number;
  /** Standard deviation of the weights that are not pruned. */
  deviation(): number;
}

/** Masks, as long as the keys, for a share of zeros over all tensors. */
export interface Allocation {
  (tensors: readonly ScoredTensor[], sparsity: number): Uint8Array[];
  /** The share of zeros over all tensors, for an allocation that decides it by itself. */
  readonly target?: (tensors: readonly TensorShape[]) => number;
  /** True when the keys of every tensor must be those of all its groups, in rows. */
  readonly whole?: boolean;
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
