import type { Engine } from '../../runtime/engine.js';
import { columnsCost, compileColumns } from './columns.js';
import { biasBlock } from './entries.js';
import type { Product, ProductFormat, ProductSource } from './product.js';

/** Nanoseconds for one weight and one tile, by lanes; measured with `npm run bench:inference`. */
const PER_WEIGHT: Readonly<Record<number, number>> = { 4: 0.29, 8: 0.4, 16: 0.8, 32: 1.65 };

/** All weights and all inputs, zeros included: packed for tiles, input by input for one sample. */
export const denseFormat: ProductFormat = {
  name: 'dense',
  lanes: [1, 4, 8, 16, 32],
  fits: () => true,
  cost: ({ rows, cols }, lanes) =>
    lanes === 1 ? columnsCost(rows, cols) : rows * cols * PER_WEIGHT[lanes]! + 15,
  compile(engine: Engine, source: ProductSource): Product {
    const { weight, bias, lanes, low } = source;
    if (lanes === 1) return compileColumns(engine, source, false);
    const { memory, kernels } = engine;
    const { rows, cols } = weight;
    const offset = biasBlock(engine, bias, rows);
    const stored = Math.ceil(rows / 5) * Math.min(rows, 5) * cols; // the last five rows may overlap those before
    const packed = memory.allocate(stored * 4, false);
    const [w, b] = [packed.address, offset.address];
    weight.inPieces(rows, (values) => kernels.gemm_pack_f32(w, values, rows, cols));
    return {
      kernel: 'gemm_packed_f32',
      bytes: stored * 4,
      multiplyAdds: stored,
      blocks: [packed, offset],
      run: (x, y, tiles) => kernels.gemm_packed_f32(y, w, b, x, rows, cols, lanes, tiles, low),
    };
  },
};
