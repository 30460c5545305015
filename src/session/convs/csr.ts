import type { ConvolutionOp } from '../ops.js';
import { compileDirect, directCost } from './direct.js';
import type { ConvFormat } from './format.js';
import { compilePanels, panelsCost } from './panels.js';

const direct = (op: ConvolutionOp, lanes: number) => directCost(op, lanes, op.weight.nnz);

/** Nonzeros only: each with its offset into the image or, where that is large and filters are many, into gathered windows. */
export const csrConv: ConvFormat = {
  name: 'csr',
  fits: () => true,
  cost: (op, lanes) => Math.min(direct(op, lanes), panelsCost(op, lanes)),
  compile: (engine, op, lanes) =>
    panelsCost(op, lanes) < direct(op, lanes)
      ? compilePanels(engine, op, lanes)
      : compileDirect(engine, op, lanes, 'live'),
};
