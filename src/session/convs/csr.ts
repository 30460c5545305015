import type { ConvolutionOp } from '../ops.js';
import { apartness, compileDirect, liveCost } from './direct.js';
import type { ConvFormat } from './format.js';
import { compilePanels, panelsCost } from './panels.js';

/** True where it pays to gather windows first. */
const gathers = (op: ConvolutionOp, lanes: number) => panelsCost(op, lanes) < liveCost(op, lanes);

/** Nonzeros only: each with its offset into the image or, where that is large and filters are many, into gathered windows. */
export const csrConv: ConvFormat = {
  name: 'csr',
  fits: () => true,
  cost: (op, lanes) =>
    gathers(op, lanes) ? panelsCost(op, lanes) : liveCost(op, lanes) * apartness(op, lanes),
  compile: (engine, op, lanes) =>
    gathers(op, lanes) ? compilePanels(engine, op, lanes) : compileDirect(engine, op, lanes, 'live'),
};
