import { compileTileBlocks, tileBlocksCost } from './blocks.js';
import type { ProductFormat } from './product.js';

/** Blocks of 2x1: two outputs share an input. */
export const block2Format: ProductFormat = {
  name: 'block2',
  lanes: [16, 32],
  fits: () => true,
  cost: (weight, lanes) => tileBlocksCost(weight, 2, lanes),
  compile: (engine, source) => compileTileBlocks(engine, source, 2),
};
