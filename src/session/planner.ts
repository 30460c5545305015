/** Chooses, for every layer, how its weight is stored and which kernel runs it. */
import type { FormatName } from './products/index.js';

/** `'auto'` lets the planner choose; a format name forces it for every layer. */
export type KernelChoice = 'auto' | FormatName;

/** A choice and its reason, for explain(). */
export interface Choice {
  readonly format: FormatName;
  readonly why: string;
}

/**
 * Share of zeros from which CSR beats dense, by lanes. Measured with `npm run bench:inference -- --crossover`;
 * set a little high, because a choice slower than dense is worse than one that misses a small gain.
 */
export const crossover: Readonly<Record<number, number>> = { 1: 0.85, 8: 0.5, 16: 0.5, 32: 0.5 };

/** Bytes of first-level cache that a tile may fill; 32 KB are the least that current processors have. */
const CACHE_BYTES = 32768;

/**
 * Samples that one tile holds: lanes side by side in the kernels; 1 means kernels for a single sample. Wider tiles
 * read a weight less often, but only pay for sparse weights, and while the `widest` activation [widest, lanes] stays
 * in cache. `sparsities` are those of all products.
 */
export function lanesFor(
  batch: number,
  kernels: KernelChoice,
  widest: number,
  sparsities: readonly number[],
): number {
  if (batch === 1) return 1;
  const wide = batch > 16 && widest * 32 * 4 <= CACHE_BYTES ? 32 : 16;
  const staysDense = sparsities.every((sparsity) => choose(kernels, sparsity, wide).format === 'dense');
  return batch <= 8 || staysDense ? 8 : wide; // the dense kernel works on panels of eight
}

/** Format of one weight, from its share of zeros and the lanes of the session. */
export function choose(kernels: KernelChoice, sparsity: number, lanes: number): Choice {
  if (kernels !== 'auto') return { format: kernels, why: `kernels: '${kernels}' was asked for` };
  const limit = crossover[lanes]!;
  const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
  const where = lanes === 1 ? 'for one sample' : `at ${lanes} lanes`;
  return sparsity >= limit
    ? { format: 'csr', why: `${percent(sparsity)} zeros, CSR pays from ${percent(limit)} ${where}` }
    : { format: 'dense', why: `${percent(sparsity)} zeros, CSR pays only from ${percent(limit)} ${where}` };
}
