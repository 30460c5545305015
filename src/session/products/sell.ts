/** Nonzeros only, for one sample: SELL-4, and the same column by column for inputs that are mostly zero. */
import type { Engine } from '../../runtime/engine.js';
import type { Weight } from '../weight.js';
import { MOST_COLUMNS, packColumns, packGroups } from './groups.js';
import { traffic } from './oneSample.js';
import type { Product, ProductSource } from './product.js';
import { cscCost, skippingZeros } from './zeroInputs.js';

const LAYOUT = { units: 4, height: 1 } as const;

/** True when sixteen bits can name all columns. */
export function sellFits({ cols }: Weight): boolean {
  return cols <= MOST_COLUMNS;
}

/** Estimated nanoseconds for one sample without zeros. */
export function sellCost({ rows, nnz }: Weight): number {
  return 20 + 0.5 * rows + 0.315 * nnz + traffic(nnz * 6 + rows * 9, 0.002);
}

/** A product for one sample. */
export function compileSell(engine: Engine, source: ProductSource): Product {
  const { memory, kernels } = engine;
  const { weight, bias, low } = source;
  const { csr, cols } = weight;
  const { bytes, count, stored } = packGroups(csr, bias, LAYOUT);
  const block = memory.allocate(bytes.length);
  block.u8(bytes.length).set(bytes);
  const { address } = block;
  const product: Product = {
    kernel: 'spmv_sell4_f32',
    bytes: bytes.length,
    multiplyAdds: stored,
    blocks: [block],
    run: (x, y) => kernels.spmv_sell4_f32(y, address, count, x, cols, low),
  };
  return skippingZeros(engine, source, product, sellCost(weight), {
    kernel: 'spmv_csc_f32',
    pack: () => packColumns(csr),
    cost: (inputs) => cscCost(weight, inputs),
  });
}
