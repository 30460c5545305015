/** Nonzeros only, for one sample: SELL-4, and the same column by column for inputs that are mostly zero. */
import type { Engine } from '../../runtime/engine.js';
import { GATHER_INPUTS } from '../../runtime/gather.js';
import { type Csr, placed } from '../csr.js';
import type { Weight } from '../weight.js';
import { biasAt, MOST_COLUMNS, packColumns } from './groups.js';
import { traffic } from './oneSample.js';
import type { Product, ProductSource } from './product.js';
import { cscCost, skippingZeros } from './zeroInputs.js';

/** True when sixteen bits can name all columns. */
export function sellFits({ cols }: Weight): boolean {
  return cols <= MOST_COLUMNS;
}

/** Estimated nanoseconds for one sample without zeros. */
export function sellCost({ rows, nnz }: Weight): number {
  return 20 + 0.5 * rows + 0.3 * nnz + traffic(nnz * 6 + rows * 9, 0.002);
}

/** Rows by length, longest first, ties in order, by fours; the last slice repeats its first row where it lacks some. */
export function slicesOf({ rows, rowPtr }: Pick<Csr, 'rows' | 'rowPtr'>): {
  readonly order: Uint32Array;
  readonly count: number;
  /** Of all slices together. */
  readonly steps: number;
} {
  const lengthOf = (row: number) => rowPtr[row + 1]! - rowPtr[row]!;
  // Length and row in one number: typed arrays sort without calls.
  const keys = new Float64Array(rows);
  for (let r = 0; r < rows; r++) keys[r] = (MOST_COLUMNS - lengthOf(r)) * rows + r;
  keys.sort();
  const count = Math.ceil(rows / 4);
  const order = new Uint32Array(count * 4);
  let steps = 0;
  for (let i = 0; i < order.length; i++) {
    order[i] = i < rows ? keys[i]! % rows : order[i & ~3]!;
    if ((i & 3) === 0) steps += lengthOf(order[i]!);
  }
  return { order, count, steps };
}

/** A product for one sample. */
export function compileSell(engine: Engine, source: ProductSource): Product {
  const { memory, kernels } = engine;
  const { weight, bias, low } = source;
  const { csr, rows, cols } = weight;
  const { order, count, steps } = slicesOf(csr);
  const narrow = cols <= GATHER_INPUTS;
  const bytes = count * 36 + steps * 24;
  const block = memory.allocate(bytes, false);
  const { address } = block;
  placed(engine, csr, order.length + rows, ({ block: room, behind, extra, ...at }) => {
    room.u32(order.length, behind).set(order);
    const biases = room.f32(rows, behind + order.length);
    for (let r = 0; r < rows; r++) biases[r] = biasAt(bias, r);
    const biasOf = extra + order.length * 4;
    const scale = narrow ? 4 : 1;
    kernels.pack_sell4_f32(address, at.values, at.colIdx, at.rowPtr, biasOf, extra, count, cols, scale);
  });
  const kernel = narrow ? 'spmv_sell4_f32' : 'spmv_sell4_wide_f32';
  const spmv = kernels[kernel];
  const product: Product = {
    kernel,
    bytes,
    multiplyAdds: steps * 4,
    blocks: [block],
    run: (x, y) => spmv(y, address, count, x, cols, low),
  };
  return skippingZeros(engine, source, product, sellCost(weight), {
    kernel: 'spmv_csc_f32',
    pack: () => packColumns(csr),
    cost: (inputs) => cscCost(weight, inputs),
  });
}
