/** Registry of weight formats in sessions: a new one is one file and one line here. */
import { block2Format } from './block2.js';
import { block4Format } from './block4.js';
import { block8Format } from './block8.js';
import { columnsFormat } from './columns.js';
import { csrFormat } from './csr.js';
import { denseFormat } from './dense.js';
import { nmFormat } from './nm.js';
import type { ProductFormat } from './product.js';

export const productFormats = {
  dense: denseFormat,
  columns: columnsFormat,
  csr: csrFormat,
  block2: block2Format,
  block4: block4Format,
  block8: block8Format,
  nm: nmFormat,
} as const satisfies Readonly<Record<string, ProductFormat>>;

/** Name of a weight format. */
export type FormatName = keyof typeof productFormats;
