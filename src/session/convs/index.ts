/** Registry of weight formats of convolutions in sessions: a new one is one file and one line here. */
import type { FormatName } from '../products/index.js';
import { blockConv } from './blocks.js';
import { csrConv } from './csr.js';
import { denseConv } from './dense.js';
import type { ConvFormat } from './format.js';

export const convFormats: Readonly<Partial<Record<FormatName, ConvFormat>>> = {
  dense: denseConv,
  csr: csrConv,
  block2: blockConv('block2', 2),
  block4: blockConv('block4', 4),
};
