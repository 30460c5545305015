import type { RemovalStructure } from './structure.js';

/**
 * Whole layers are removed where shapes allow: a hidden layer with as many outputs as inputs goes with the activation after
 * it. Its score is the mean of its weights' scores; `sparsity` is the share of such layers.
 */
export const layer: RemovalStructure = Object.freeze({
  kind: 'layer',
  prunes: 'layers',
  greedy: false,
  pool: 'mean',
} as const);
