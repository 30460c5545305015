/** How a session stores and multiplies one weight. */

import type { Block } from '../../runtime/block.js';
import type { Engine } from '../../runtime/engine.js';
import type { Weight } from '../weight.js';

/** The weight of a layer with what surrounds it. */
export interface ProductSource {
  /** [rows, cols]; its arrays are to be copied, not kept. */
  readonly weight: Weight;
  readonly bias: Float32Array | null;
  /** 1 for one sample, else the lanes of a tile: 4, 8, 16 or 32. */
  readonly lanes: number;
  /** Lower bound of the result: 0 when a ReLU follows, else -Infinity. */
  readonly low: number;
}

/**
 * A compiled product: y = max(W · x + b, low).
 *
 * Every kernel begins with the bias and adds the terms of a row in the order of its columns, one rounding a
 * multiplication and one an addition; what is zero may be left out. So all formats give the same bits of the same
 * weight and bias, and a choice between them never changes a result.
 */
export interface Product {
  readonly kernel: string;
  /** Bytes that one call reads of the weight: values and indices. */
  readonly bytes: number;
  /** Multiply-adds that the kernel does for one sample: by what it stores, padding included. */
  readonly multiplyAdds: number;
  /** Blocks that it needs; freed with the session. */
  readonly blocks: readonly Block[];
  /** x [tiles, cols, lanes] with 16 spare bytes after the last value; y [tiles, rows, lanes]. */
  run(x: number, y: number, tiles: number): void;
}

/** A way to store a weight, with the kernels that go with it. */
export interface ProductFormat {
  readonly name: string;
  /** Tile widths that it has kernels for. */
  readonly lanes: readonly number[];
  /** True when this weight can be stored so, for tiles of this width. */
  fits(weight: Weight, lanes: number): boolean;
  /** Estimated nanoseconds for one tile of `lanes` samples; only ratios matter. */
  cost(weight: Weight, lanes: number): number;
  compile(engine: Engine, source: ProductSource): Product;
}
