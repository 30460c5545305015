/** Products that go column by column while most of their input is zero. */
import type { Engine } from '../../runtime/engine.js';
import type { Weight } from '../weight.js';
import { biasAt, MOST_COLUMNS } from './groups.js';
import type { Product, ProductSource } from './product.js';

/** How to go through the columns. */
export interface ByColumn {
  readonly kernel: 'spmv_csc_f32' | 'spmv_csc4_f32';
  /** Columns for that kernel, packed when they are needed. */
  pack(): Uint8Array<ArrayBuffer>;
  /** Nanoseconds of going through `count` inputs. */
  cost(count: number): number;
}

/**
 * `product`, or the kernel that skips zero inputs whenever the input of a call has few enough others: it is counted
 * each time, which is cheap. Both give the same bits. `cost` is that of `product`, in nanoseconds.
 */
export function skippingZeros(
  { memory, kernels }: Engine,
  { weight, bias, low }: ProductSource,
  product: Product,
  cost: number,
  { kernel, pack, cost: costOf }: ByColumn,
): Product {
  const { rows, cols, finite } = weight;
  const none = costOf(0);
  const most = Math.floor((cols * (cost - none)) / Math.max(1, costOf(cols) - none));
  // A zero input must meet a weight that is not finite; and what pays for the emptiest inputs only is not worth its bytes.
  if (!finite || rows > MOST_COLUMNS || most * 5 < cols) return product;
  const columns = pack();
  const padded = Math.ceil(rows / 4) * 4;
  const block = memory.allocate(columns.length);
  const extra = memory.allocate((padded + rows + cols) * 4 + 64);
  block.u8(columns.length).set(columns);
  extra.f32(rows).set(Float32Array.from({ length: rows }, (_, r) => biasAt(bias, r)));
  const [columnsAt, biasOf, scratch] = [block.address, extra.address, extra.address + padded * 4];
  const skip = kernels[kernel];
  return {
    ...product,
    blocks: [...product.blocks, block, extra],
    run(x, y, tiles) {
      if (kernels.count_nonzero_f32(x, cols) > most) product.run(x, y, tiles);
      else skip(y, columnsAt, biasOf, x, rows, cols, low, scratch);
    },
  };
}

/** Nanoseconds of spmv_csc_f32 when `count` inputs are not zero. */
export function cscCost({ rows, cols, nnz }: Weight, count: number): number {
  const share = cols === 0 ? 0 : count / cols;
  return 30 + 0.2 * rows + 0.6 * cols + 3.5 * count + 0.62 * share * nnz;
}

/** Nanoseconds of spmv_csc4_f32 when `count` inputs are not zero. */
export function csc4Cost(weight: Weight, count: number): number {
  const { rows, cols } = weight;
  const share = cols === 0 ? 0 : count / cols;
  return 30 + 0.2 * rows + 0.6 * cols + 2 * count + 0.8 * share * weight.blocks(4);
}
