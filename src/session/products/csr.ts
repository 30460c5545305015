import type { Engine } from '../../runtime/engine.js';
import type { Weight } from '../weight.js';
import { biasBlock, groupEntries, panelEntries } from './entries.js';
import type { Product, ProductFormat, ProductSource } from './product.js';
import { compileSell, sellCost, sellFits } from './sell.js';

/** Nanoseconds for one nonzero and for one row of one tile, by lanes. */
const COSTS: Readonly<Record<number, readonly [perNonzero: number, perRow: number]>> = {
  4: [0.47, 1.8],
  8: [0.7, 3.5],
  16: [1.35, 3.5],
  32: [2.15, 4],
};

/** Bytes of first-level cache that the inputs of one panel may fill; 32 KB are the least that processors have. */
export const PANEL_BYTES = 26_000;
/** Nonzeros that a row must have in a panel, for the way through y to pay. */
const LEAST_PER_PANEL = 40;

/** Panels that the columns are cut into, so that what a panel reads stays in first-level cache. */
export function panelsFor({ rows, cols, nnz }: Pick<Weight, 'rows' | 'cols' | 'nnz'>, lanes: number): number {
  const panels = Math.ceil((cols * lanes * 4) / PANEL_BYTES);
  return nnz >= panels * rows * LEAST_PER_PANEL ? panels : 1;
}

/** Estimated nanoseconds for one tile. */
export function spmmCost(weight: Pick<Weight, 'rows' | 'cols' | 'nnz'>, lanes: number): number {
  const [perNonzero, perRow] = COSTS[lanes]!;
  const panels = lanes >= 16 ? panelsFor(weight, lanes) : 1;
  const gain = panels > 1 ? 0.9 : 1;
  return weight.nnz * perNonzero * gain + weight.rows * panels * perRow + 15;
}

/** Nonzeros only: with byte offsets for tiles, in slices for one sample. */
export const csrFormat: ProductFormat = {
  name: 'csr',
  lanes: [1, 4, 8, 16, 32],
  fits: (weight, lanes) => lanes > 1 || sellFits(weight),
  cost: (weight, lanes) => (lanes === 1 ? sellCost(weight) : spmmCost(weight, lanes)),
  compile(engine: Engine, source: ProductSource): Product {
    const { weight, bias, lanes, low } = source;
    if (lanes === 1) return compileSell(engine, source);
    const { rows, cols, csr } = weight;
    const { kernels } = engine;
    const offset = biasBlock(engine, bias, rows);
    const b = offset.address;
    const multiplyAdds = csr.values.length;
    if (lanes >= 16) {
      const panels = panelsFor(weight, lanes);
      const { entries, list, bytes } = panelEntries(engine, csr, lanes, panels);
      const kernel = lanes === 32 ? 'spmm_csr32_f32' : 'spmm_csr16_f32';
      const spmm = kernels[kernel];
      const [e, p] = [entries.address, list.address];
      const run = (x: number, y: number, tiles: number) =>
        spmm(y, e, p, b, x, rows, cols, panels, tiles, low);
      return { kernel, bytes, multiplyAdds, blocks: [entries, list, offset], run };
    }
    const size = lanes === 8 ? 2 : 4;
    const { entries, list, bytes, groups } = groupEntries(engine, csr, lanes, size);
    const kernel = lanes === 8 ? 'spmm_groups8_f32' : 'spmm_groups4_f32';
    const spmm = kernels[kernel];
    const [e, l] = [entries.address, list.address];
    const run = (x: number, y: number, tiles: number) => spmm(y, e, l, b, x, rows, cols, groups, tiles, low);
    return { kernel, bytes, multiplyAdds, blocks: [entries, list, offset], run };
  },
};
