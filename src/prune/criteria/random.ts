import { describedAs } from '../../described.js';
import type { SparseStorage } from '../../tensor/formats/index.js';
import { deriveSeed } from '../../tensor/random.js';
import type { Criterion } from './criterion.js';

/**
 * A uniform random score: the control that every other criterion has to beat. Decided by the model's seed and the place
 * of a weight, however it is stored.
 */
export function random(): Criterion {
  const score: Criterion = ({ kernels, parameter, weight, scratch, seed, name }) => {
    const { low, high } = deriveSeed(seed, 5, ...Array.from(name, (character) => character.charCodeAt(0)));
    const to = scratch.address;
    if (parameter.format === 'dense') kernels.random_uniform_f32(to, weight.length, low, high, 0, 1);
    else {
      const { rowPtr, colIdx, grid } = (parameter.storage as SparseStorage).structure;
      const { rows, cols, height } = grid;
      kernels.blocks_uniform_f32(to, rowPtr, colIdx, rows, cols, height, low, high, 0, 1);
    }
    return scratch.f32(weight.length).slice();
  };
  return describedAs({ kind: 'random' }, Object.assign(score, { elementwise: true }));
}
