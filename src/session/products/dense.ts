import type { Engine } from '../../runtime/engine.js';
import { columnsCost, compileColumns } from './columns.js';
import { biasBlock } from './entries.js';
import type { Product, ProductFormat, ProductSource } from './product.js';

/** Nanoseconds for one weight and one tile, by lanes; measured with `npm run bench:inference`. */
const PER_WEIGHT: Readonly<Record<number, number>> = { 4: 0.29, 8: 0.4, 16: 0.8, 32: 1.65 };

/** Bytes of weights that caches near the processor hold, and rows of a block (assembly/kernels/gemm_far_f32.ts). */
export const NEAR_BYTES = 1 << 20;
const BLOCK = 5;
const comesFar = (rows: number, cols: number) => rows * cols * 4 > NEAR_BYTES;
/** What waiting for such weights costs: tiles of eight ask for them ahead; of very many, single samples would wait even longer than tiles of four. */
const waitFor = (rows: number, cols: number, lanes: number) =>
  lanes === 8 || !comesFar(rows, cols) || (lanes === 4 && rows * cols > 1 << 20) ? 1 : 1.1;

/** All weights and all inputs, zeros included: packed for tiles, input by input for one sample. */
export const denseFormat: ProductFormat = {
  name: 'dense',
  lanes: [1, 4, 8, 16, 32],
  fits: () => true,
  cost: ({ rows, cols }, lanes) =>
    lanes === 1
      ? columnsCost(rows, cols)
      : rows * cols * PER_WEIGHT[lanes]! * waitFor(rows, cols, lanes) + 15,
  compile(engine: Engine, source: ProductSource): Product {
    const { weight, bias, lanes, low } = source;
    if (lanes === 1) return compileColumns(engine, source, false);
    const { memory, kernels } = engine;
    const { rows, cols } = weight;
    const offset = biasBlock(engine, bias, rows);
    const blocks = Math.ceil(rows / BLOCK); // the last five rows may overlap those before
    const far = !engine.compact && lanes === 8 && rows >= BLOCK && comesFar(rows, cols);
    const bytes = blocks * (far ? BLOCK + 1 : Math.min(rows, BLOCK)) * cols * 4;
    const packed = memory.allocate(bytes, false);
    const [w, b] = [packed.address, offset.address];
    const [kernel, pack] = far
      ? (['gemm_far_f32', kernels.gemm_pack_far_f32] as const)
      : (['gemm_packed_f32', kernels.gemm_pack_f32] as const);
    weight.inPieces(rows, (values) => pack(w, values, rows, cols));
    return {
      kernel,
      bytes,
      multiplyAdds: blocks * Math.min(rows, BLOCK) * cols,
      blocks: [packed, offset],
      run: far
        ? (x, y, tiles) => kernels.gemm_far_f32(y, w, b, x, rows, cols, tiles, low)
        : (x, y, tiles) => kernels.gemm_packed_f32(y, w, b, x, rows, cols, lanes, tiles, low),
    };
  },
};
