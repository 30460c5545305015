/** Blocks of consecutive rows that share a column, over tiles. */
import type { Engine } from '../../runtime/engine.js';
import type { Weight } from '../weight.js';
import { biasBlock, blockEntries } from './entries.js';
import type { Product, ProductSource } from './product.js';

/** Nanoseconds for one block and sixteen (2x1) or eight (4x1) lanes, and for one row of blocks. */
const COSTS = { 2: [1.8, 3.6], 4: [1.75, 4.5] } as const;

/** Estimated nanoseconds for one tile. */
export function tileBlocksCost(weight: Weight, height: 2 | 4, lanes: number): number {
  const [perBlock, perRow] = COSTS[height];
  const parts = lanes / (height === 2 ? 16 : 8);
  return parts * (weight.blocks(height) * perBlock + (weight.rows / height) * perRow) + 15;
}

/** Stores a weight in blocks of `height` by 1; what a block lacks is zero. */
export function compileTileBlocks(engine: Engine, source: ProductSource, height: 2 | 4): Product {
  const { weight, bias, lanes, low } = source;
  const { rows, cols, csr } = weight;
  const count = weight.blocks(height);
  const offset = biasBlock(engine, bias, rows);
  const { entries, list, bytes, stored } = blockEntries(engine, csr, { lanes, height, count });
  const kernel = height === 2 ? 'spmm_block2_f32' : 'spmm_block4_f32';
  const spmm = engine.kernels[kernel];
  const [e, p, b] = [entries.address, list.address, offset.address];
  const run = (x: number, y: number, tiles: number) => spmm(y, e, p, b, x, rows, cols, lanes, tiles, low);
  return { kernel, bytes, multiplyAdds: stored, blocks: [entries, list, offset], run };
}
