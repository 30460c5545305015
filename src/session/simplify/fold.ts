/** Units that never vary, folded into the bias of the product that reads them. */
import { runPointwise } from '../../graph/pointwise.js';
import type { Engine } from '../../runtime/engine.js';
import type { ProductOp } from '../ops.js';
import type { Chain } from './chain.js';
import { placesIn, splitRows } from './zeros.js';

/** What units without a single weight give, before the layers that follow: max(bias, low), [units]. */
export function withoutWeights(units: Uint32Array, bias: Float32Array | null, low: number): Float32Array {
  const values = new Float32Array(units.length);
  for (let i = 0; i < units.length; i++) {
    const sum = 0 + (bias?.[units[i]!] ?? 0); // as in the kernels, the sum begins at +0: -0 becomes 0
    values[i] = sum < low ? low : sum; // a comparison keeps NaN
  }
  return values;
}

/** A new bias [rows]: for each of `rows`, bias + weight · value, column after column, in float32. */
function foldedBias(
  { weight }: ProductOp,
  bias: Float32Array | null,
  rows: Uint32Array,
  columns: Uint32Array,
  values: Float32Array,
): Float32Array {
  const folded = bias?.slice() ?? new Float32Array(weight.rows);
  if (rows.length === 0) return folded;
  const { csr } = weight.part(rows, placesIn(columns, weight.cols), columns.length);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    let sum = folded[row]!;
    for (let j = csr.rowPtr[i]!, end = csr.rowPtr[i + 1]!; j < end; j++) {
      sum = Math.fround(sum + Math.fround(csr.values[j]! * values[csr.colIdx[j]!]!));
    }
    folded[row] = sum;
  }
  return folded;
}

/**
 * Drops hidden units whose weights are all zero, front to back: what reads such a unit alone becomes constant
 * as well. Creates no unread units where there were none: a row of zeros reads nothing.
 */
export function foldConstants(engine: Engine, { products, links, biases }: Chain): void {
  for (let i = 0; i + 1 < products.length; i++) {
    const [op, next, link] = [products[i]!, products[i + 1]!, links[i + 1]!];
    if (link.fixed) continue;
    const { varying, zero } = splitRows({
      weight: op.weight,
      rows: link.live,
      cols: links[i]!.live,
    });
    if (zero.length === 0) continue;
    const values = withoutWeights(zero, biases[i]!, op.low);
    runPointwise(
      engine,
      link.elementwise.map(({ node }) => node),
      values,
    );
    biases[i + 1] = foldedBias(next, biases[i + 1]!, links[i + 2]!.live, zero, values);
    link.live = varying;
    link.constant = zero.length;
  }
}
