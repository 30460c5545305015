/** One layer in one format, ready to be timed without what surrounds it in a session. */

import type { Block } from '../../src/runtime/block.js';
import type { Engine } from '../../src/runtime/engine.js';
import { type FormatName, productFormats } from '../../src/session/products/index.js';
import { Weight } from '../../src/session/weight.js';
import type { Case } from '../interleave.js';

/** A case that multiplies `tiles` tiles of `lanes` samples (one sample when 1), and gives its memory back. */
export interface ProductCase extends Case {
  dispose(): void;
}

/** What to multiply. */
export interface ProductOptions {
  readonly values: Float32Array;
  readonly rows: number;
  readonly cols: number;
  readonly format: FormatName;
  readonly lanes: number;
  readonly tiles?: number;
  /** Samples [tiles * lanes, cols] in the layout of the tile; ones unless given. */
  readonly x?: Float32Array;
}

/** Compiles a weight in a format. */
export function productCase(engine: Engine, name: string, options: ProductOptions): ProductCase {
  const { values, rows, cols, format, lanes, tiles = 1, x } = options;
  const weight = Weight.of(engine, values, rows, cols);
  const product = productFormats[format].compile(engine, { weight, bias: null, lanes, low: 0 });
  const input = engine.memory.allocate(cols * lanes * tiles * 4 + 16);
  const output = engine.memory.allocate(rows * lanes * tiles * 4 + 16);
  if (x) input.f32(x.length).set(x);
  else input.f32().fill(1);
  const [from, to] = [input.address, output.address];
  const blocks: Block[] = [...product.blocks, input, output];
  return {
    name,
    run(times) {
      for (let i = 0; i < times; i++) product.run(from, to, tiles);
    },
    dispose: () => {
      for (const block of blocks) block.free();
    },
  };
}

/** The register mul+add rate, as a case; `operations` of one call. */
export function ceilingCase(engine: Engine): ProductCase & { readonly operations: number } {
  const block = engine.memory.allocate(16);
  const turns = 1000;
  return {
    name: 'ceiling',
    operations: 104 * turns,
    run(times) {
      for (let i = 0; i < times; i++) {
        block.f32(4).fill(1);
        engine.kernels.peak_f32(block.address, turns);
      }
    },
    dispose: () => block.free(),
  };
}
