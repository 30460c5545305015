/** Registry of weight formats in sessions: a new one is one file and one line here. */
import { csrFormat } from './csr.js';
import { denseFormat } from './dense.js';
import type { ProductFormat } from './product.js';

export const productFormats = { dense: denseFormat, csr: csrFormat } as const satisfies Readonly<
  Record<string, ProductFormat>
>;

/** Name of a weight format. */
export type FormatName = keyof typeof productFormats;
