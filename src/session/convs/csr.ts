import { compileDirect, liveCost } from './direct.js';
import type { ConvFormat } from './format.js';
import { compilePanels, panelsCost } from './panels.js';

/** Nonzeros only: each with its offset into the image or, where that is large and filters are many, into gathered windows. */
export const csrConv: ConvFormat = {
  name: 'csr',
  fits: () => true,
  cost: (op, lanes) => Math.min(liveCost(op, lanes), panelsCost(op, lanes)),
  compile: (engine, op, lanes) =>
    panelsCost(op, lanes) < liveCost(op, lanes)
      ? compilePanels(engine, op, lanes)
      : compileDirect(engine, op, lanes, 'live'),
};
