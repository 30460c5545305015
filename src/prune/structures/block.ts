import { describedAs } from '../../described.js';
import { expectInteger, expectOneOf, expectOptions } from '../../options.js';
import { type PoolName, poolNames } from './pool.js';
import type { WeightStructure } from './structure.js';

/**
 * Blocks of `rows` outputs x `columns` inputs go together: block(4, 1) and block(8, 1) have kernels of their own for one
 * sample, block(2, 1) and block(4, 1) for batches. Blocks at the edge are smaller. The score of a block is the `'mean'` of
 * its weights' (default), their `'sum'`, `'l2'` norm or `'max'`. Narang et al. 2017, arXiv:1711.02782.
 * Throws OptionError for sides below 1.
 */
export function block(rows: number, columns: number, options: { pool?: PoolName } = {}): WeightStructure {
  const height = expectInteger('block', 'rows', rows);
  const width = expectInteger('block', 'columns', columns);
  expectOptions('block', options, ['pool']);
  const pool = expectOneOf('block', 'pool', options.pool ?? 'mean', poolNames);
  return describedAs(
    { kind: 'block', rows: height, columns: width, pool },
    Object.freeze({
      kind: `block(${height}, ${width})`,
      prunes: 'weights',
      single: height * width === 1,
      pool,
      groups({ rows, cols }) {
        const across = Math.ceil(cols / width);
        const of = new Uint32Array(rows * cols);
        for (let row = 0, at = 0; row < rows; row++) {
          const first = Math.floor(row / height) * across;
          for (let col = 0; col < cols; col++) of[at++] = first + Math.floor(col / width);
        }
        return { rows: Math.ceil(rows / height), cols: across, of };
      },
    } satisfies WeightStructure),
  );
}
