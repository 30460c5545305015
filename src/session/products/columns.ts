/** All weights of a dense layer for one sample, input by input, so that zero inputs cost nothing. */
import type { Engine } from '../../runtime/engine.js';
import { biasAt } from './groups.js';
import { traffic } from './oneSample.js';
import type { Product, ProductFormat, ProductSource } from './product.js';

/** First rows and heights of the panels that gemv_columns_f32 takes `rows` apart into. */
export function panelsOf(rows: number): { first: number; height: number }[] {
  const panels: { first: number; height: number }[] = [];
  for (let first = 0; first < rows; ) {
    const left = rows - first;
    const height = left > 20 ? 32 : left > 4 ? 16 : 4;
    panels.push({ first, height });
    first += height;
  }
  return panels;
}

/** Rows with those that fill up the last panel. */
export function paddedRows(rows: number): number {
  const left = rows % 32; // of what does not fill a panel of 32
  return (
    rows - left + (left === 0 ? 0 : left > 20 ? 32 : left > 4 ? 16 : 4) + (left > 16 && left <= 20 ? 4 : 0)
  );
}

/** Nanoseconds of gemv_columns_f32 when `count` of the inputs are gone through, listed if that is not all of them. */
export function columnsCost(rows: number, cols: number, count = cols): number {
  const padded = paddedRows(rows);
  const one = padded < 16 ? 1.2 : 0; // a single sum: the latency of the additions
  if (count >= cols) return 30 + 0.1 * cols + Math.max(0.073 * padded, one) * cols;
  const touched = padded * count;
  return 30 + 0.6 * cols + Math.max(0.095 * padded, one) * count + traffic(touched * 4 + 131072, 0.025);
}

/** Most nonzero inputs for which a list is worth its while: pieces of a large matrix come slower than its whole. */
export function mostListed(rows: number, cols: number): number {
  const all = columnsCost(rows, cols);
  let [most, beyond] = [0, cols]; // costs grow with the number of inputs
  while (beyond - most > 1) {
    const half = (most + beyond) >> 1;
    if (columnsCost(rows, cols, half) > all) beyond = half;
    else most = half;
  }
  return most;
}

/** A product for one sample that leaves out zero inputs when that pays, or never (`skip` false). */
export function compileColumns(
  { memory, kernels }: Engine,
  { weight, bias, low }: ProductSource,
  skip: boolean,
): Product {
  const { rows, cols } = weight;
  const padded = paddedRows(rows);
  const stored = padded * cols;
  const block = memory.allocate((stored + padded + cols) * 4 + 160, false);
  const sums = block.f32(padded, stored).fill(0);
  for (let r = 0; r < rows; r++) sums[r] = biasAt(bias, r);
  const { address } = block;
  // Pieces of 32 rows begin where panels begin.
  weight.inPieces(32, (values, begin, count) => {
    for (const { first, height } of panelsOf(count)) {
      const to = address + (begin + first) * cols * 4;
      // A panel is a tile whose samples are rows.
      kernels.tile_f32(to, values + first * cols * 4, cols, Math.min(height, count - first), height);
    }
  });
  const biasOf = address + stored * 4;
  const scratch = biasOf + padded * 4;
  const most = skip && weight.finite ? mostListed(rows, cols) : 0;
  return {
    kernel: 'gemv_columns_f32',
    bytes: stored * 4,
    multiplyAdds: stored,
    blocks: [block],
    run: (x, y) => kernels.gemv_columns_f32(y, address, biasOf, x, rows, cols, low, most, scratch),
  };
}

/** All weights for one sample, zero inputs left out. */
export const columnsFormat: ProductFormat = {
  name: 'columns',
  lanes: [1],
  fits: () => true,
  cost: ({ rows, cols }) => columnsCost(rows, cols),
  compile: (engine, source) => compileColumns(engine, source, true),
};
