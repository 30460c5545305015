/** Chooses how the weight of a convolution is stored, as planner.ts does for products. */
import type { ConvolutionOp } from '../ops.js';
import { type Choice, found, type KernelChoice, MARGIN } from '../planner.js';
import type { FormatName } from '../products/index.js';
import { percent } from '../text.js';
import { convFormats } from './index.js';

/** Estimated or measured nanoseconds of a convolution in a format, for one tile. */
export type ConvCostOf = (op: ConvolutionOp, format: FormatName, lanes: number) => number;

export const estimateConv: ConvCostOf = (op, format, lanes) => convFormats[format]!.cost(op, lanes);

const names = Object.keys(convFormats) as FormatName[];

/** Format of one convolution at a tile width. */
export function chooseConv(
  kernels: KernelChoice,
  op: ConvolutionOp,
  lanes: number,
  costOf: ConvCostOf = estimateConv,
): Choice {
  const { weight } = op;
  if (kernels !== 'auto') {
    const fits = convFormats[kernels]?.fits(op, lanes) === true;
    const format = fits ? kernels : 'dense';
    const why = `kernels: '${kernels}' was asked for${fits ? '' : ', but does not fit this convolution'}`;
    return { format, cost: costOf(op, format, lanes), why, asked: true };
  }
  const dense = costOf(op, 'dense', lanes);
  let [best, cost]: [FormatName, number] = ['dense', dense * MARGIN];
  if (weight.sparsity > 0) {
    for (const name of names) {
      if (name === 'dense' || !convFormats[name]!.fits(op, lanes)) continue;
      const here = costOf(op, name, lanes);
      if (here < cost) [best, cost] = [name, here];
    }
  }
  if (best === 'dense') {
    const why = weight.sparsity === 0 ? 'no zeros' : `${percent(weight.sparsity)} zeros do not pay here`;
    return { format: 'dense', cost: dense, why };
  }
  return { format: best, cost, why: `${found(weight, best)}: about ${(dense / cost).toFixed(1)}x dense` };
}
