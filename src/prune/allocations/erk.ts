import { describedAs } from '../../described.js';
import { distributions } from '../../graph/distributions.js';
import type { Allocation, ScoredTensor } from './allocation.js';
import { keepCounts } from './kept.js';

/**
 * Density of a layer in proportion to (sum of its dimensions) / (product of them), at most 1: narrow layers stay denser; for
 * blocks, of the grid that they make. Mocanu et al. 2018, arXiv:1707.04780; with kernel sides for convolutions, Evci et al.
 * 2020, arXiv:1911.11134.
 */
export function erk(): Allocation {
  const allocate = (tensors: readonly ScoredTensor[], sparsity: number) => {
    const shapes = tensors.map(({ shape }) => shape);
    return keepCounts(tensors, distributions.erdosRenyi(shapes, sparsity));
  };
  return describedAs({ kind: 'erk' }, Object.assign(allocate, { stored: true, byShape: true }));
}
