/** How a session stores and multiplies one weight. */
import type { Engine } from '../../runtime/engine.js';
import type { Block } from '../../runtime/memory.js';

/** The weight of a layer with what surrounds it. */
export interface ProductSource {
  /** Row-major [rows, cols] in WebAssembly memory; a format that keeps nothing of it leaves it to its owner. */
  readonly weight: Block;
  readonly nnz: number;
  readonly bias: Float32Array | null;
  readonly rows: number;
  readonly cols: number;
  /** 1 for one sample, else the lanes of a tile: 8, 16 or 32. */
  readonly lanes: number;
  /** Lower bound of the result: 0 when a ReLU follows, else -Infinity. */
  readonly low: number;
}

/** A compiled product: y = max(W · x + b, low). */
export interface Product {
  readonly kernel: string;
  /** Bytes that one call reads of the weight: values and indices. */
  readonly bytes: number;
  /** Blocks that it needs; freed with the session. */
  readonly blocks: readonly Block[];
  run(x: number, y: number, tiles: number): void;
}

/** A way to store a weight, with the kernels that go with it. */
export interface ProductFormat {
  readonly name: string;
  compile(engine: Engine, source: ProductSource): Product;
}
