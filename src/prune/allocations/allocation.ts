/** One prunable tensor. */
export interface TensorShape {
  readonly name: string;
  readonly shape: readonly number[];
  /** Weights, pruned ones included. */
  readonly length: number;
}

/** With its scores as sortable keys: of all weights (0 where pruned), or of the stored ones alone. */
export interface ScoredTensor extends TensorShape {
  readonly keys: Uint32Array;
}

/** Masks, as long as the keys, for a share of zeros over all tensors. */
export interface Allocation {
  (tensors: readonly ScoredTensor[], sparsity: number): Uint8Array[];
  /** The share of zeros over all tensors, for an allocation that decides it by itself. */
  readonly target?: (tensors: readonly TensorShape[]) => number;
}

/** Weights that stay: all but round(sparsity * total). */
export function keptOf(total: number, sparsity: number): number {
  return total - Math.round(sparsity * total);
}
