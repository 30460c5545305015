/** Blocks of 4 x 1 and 8 x 1 for one sample. */
import type { Engine } from '../../runtime/engine.js';
import type { Weight } from '../weight.js';
import { type GroupLayout, MOST_COLUMNS, packBlockColumns, packGroups } from './groups.js';
import { traffic } from './oneSample.js';
import type { Product, ProductSource } from './product.js';
import { csc4Cost, skippingZeros } from './zeroInputs.js';

const LAYOUTS = { 4: { units: 4, height: 4 }, 8: { units: 2, height: 8 } } as const satisfies Readonly<
  Record<number, GroupLayout>
>;
const NANOSECONDS = { 4: 0.44, 8: 0.7 } as const;

/** True when one sample can go through blocks of this height. */
export function blockOneFits(height: 4 | 8, { rows, cols }: Weight): boolean {
  return rows >= height && cols <= MOST_COLUMNS;
}

/** Nanoseconds for one sample. A layer of few rows fills the last group with blocks that are there already. */
export function blockOneCost(height: 4 | 8, weight: Weight): number {
  const { units } = LAYOUTS[height];
  const own = Math.ceil(weight.rows / height);
  const blocks = (weight.blocks(height) * Math.ceil(own / units) * units) / own;
  return 20 + 0.2 * weight.rows + NANOSECONDS[height] * blocks + traffic(blocks * (height * 4 + 2), 0.002);
}

/** A product for one sample; blocks of either height go through zero inputs as blocks of 4 x 1. */
export function compileBlockOne(height: 4 | 8, engine: Engine, source: ProductSource): Product {
  const { memory, kernels } = engine;
  const { weight, bias, low } = source;
  const { csr, cols } = weight;
  const { bytes, count, stored } = packGroups(csr, bias, LAYOUTS[height]);
  const kernel = `spmv_block${height}_f32` as const;
  const run = kernels[kernel];
  const block = memory.allocate(bytes.length);
  block.u8(bytes.length).set(bytes);
  const { address } = block;
  const product: Product = {
    kernel,
    bytes: bytes.length,
    multiplyAdds: stored,
    blocks: [block],
    run: (x, y) => run(y, address, count, x, cols, low),
  };
  return skippingZeros(engine, source, product, blockOneCost(height, weight), {
    kernel: 'spmv_csc4_f32',
    pack: () => packBlockColumns(csr),
    cost: (inputs) => csc4Cost(weight, inputs),
  });
}
