import type { RemovalStructure } from './structure.js';

/**
 * Whole layers are removed where shapes allow: a hidden layer with outputs like its inputs goes with the batch normalization and
 * activation after it, and the body of a residual block goes as one, which leaves its shortcut (see removableLayers()). The score is the
 * mean of its weights' scores, over the layers of a block; `sparsity` is the share of such layers and blocks.
 */
export const layer: RemovalStructure = Object.freeze({
  kind: 'layer',
  prunes: 'layers',
  greedy: false,
  pool: 'mean',
} as const);
