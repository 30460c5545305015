import { blockOneCost, blockOneFits, compileBlockOne } from './blockOne.js';
import { compileTileBlocks, tileBlocksCost } from './blocks.js';
import type { ProductFormat } from './product.js';

/** Blocks of 4x1: four outputs share an input. */
export const block4Format: ProductFormat = {
  name: 'block4',
  lanes: [1, 8, 16, 32],
  fits: (weight, lanes) => lanes > 1 || blockOneFits(4, weight),
  cost: (weight, lanes) => (lanes === 1 ? blockOneCost(4, weight) : tileBlocksCost(weight, 4, lanes)),
  compile: (engine, source) =>
    source.lanes === 1 ? compileBlockOne(4, engine, source) : compileTileBlocks(engine, source, 4),
};
