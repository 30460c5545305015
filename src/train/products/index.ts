/** Registry: the products of training for every format of a weight. */
import type { FormatName } from '../../tensor/formats/index.js';
import { denseProduct } from './dense.js';
import type { Product } from './product.js';
import { block2Product, block4Product, csrProduct } from './sparse.js';

export const products: Readonly<Record<FormatName, Product>> = {
  dense: denseProduct,
  csr: csrProduct,
  block2: block2Product,
  block4: block4Product,
};
export type { Product, ProductCall } from './product.js';
