/** One prunable tensor with its scores as sortable keys; those of pruned weights are 0. */
export interface ScoredTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly length: number;
  readonly keys: Uint32Array;
}

/** How many weights each tensor keeps, or the masks themselves, for a share of zeros over all of them. */
export type Allocation = (tensors: readonly ScoredTensor[], sparsity: number) => Uint8Array[];

/** Weights that stay: all but round(sparsity * total). */
export function keptOf(total: number, sparsity: number): number {
  return total - Math.round(sparsity * total);
}
