/** What every way to hold the values of a parameter provides. */
import type { Block } from '../../runtime/block.js';
import type { TensorValues } from '../values.js';

/** Sparse formats by the rows of a block: 1 for compressed sparse rows, more where consecutive rows share columns. */
export const sparseFormats = { csr: 1, block2: 2, block4: 4 } as const;

/** Names of sparse formats. */
export type SparseFormat = keyof typeof sparseFormats;
/** Names of all ways to hold a weight while it trains. */
export type FormatName = 'dense' | SparseFormat;

/** The format with blocks of that height. */
export function formatOfHeight(height: number): SparseFormat {
  return (Object.keys(sparseFormats) as SparseFormat[]).find((name) => sparseFormats[name] === height)!;
}

/**
 * The values of one parameter in WebAssembly memory. Gradients and moments are arrays of `count` floats that lie as
 * the values do; `toDense` and `fromDense` work on any of them.
 */
export interface Storage {
  readonly format: FormatName;
  /** Floats in the array of values, and in every array that goes with it. */
  readonly count: number;
  /** Weights that are not pruned. */
  readonly live: number;
  /** Byte address of the values. */
  readonly address: number;
  /** Bytes of what tells which weights are live: masks, row pointers, column indices. */
  readonly structureBytes: number;
  /** All that it holds in memory. */
  readonly blocks: readonly Block[];
  /** Writes the row-major matrix of an array of `count` floats to `dense`. Both are byte addresses. */
  toDense(dense: number, array: number): void;
  /** Inverse of toDense; what `dense` holds at pruned places is left out. */
  fromDense(array: number, dense: number): void;
  /** A copy of values and structure. */
  read(): TensorValues;
  /** A copy of the mask, null while nothing is pruned. */
  readMask(): Uint8Array | null;
  free(): void;
}
