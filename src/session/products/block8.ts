import { blockOneCost, blockOneFits, compileBlockOne } from './blockOne.js';
import type { ProductFormat } from './product.js';

/** Blocks of eight consecutive rows that share a column. */
export const block8Format: ProductFormat = {
  name: 'block8',
  lanes: [1],
  fits: (weight) => blockOneFits(8, weight),
  cost: (weight) => blockOneCost(8, weight),
  compile: (engine, source) => compileBlockOne(8, engine, source),
};
