/** One prunable tensor with its scores as sortable keys: of all weights (0 where pruned), or of the stored ones alone. */
export interface ScoredTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** Weights, pruned ones included. */
  readonly length: number;
  readonly keys: Uint32Array;
}

/** How many weights each tensor keeps, or the masks themselves, for a share of zeros over all of them. */
export type Allocation = (tensors: readonly ScoredTensor[], sparsity: number) => Uint8Array[];

/** Weights that stay: all but round(sparsity * total). */
export function keptOf(total: number, sparsity: number): number {
  return total - Math.round(sparsity * total);
}
