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

/** A product that can be timed for fewer tiles as well: over the same weights, which a cache may hold once but not several times. */
export interface TiledCase extends ProductCase {
  first(name: string, tiles: number): Case;
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
  /** Where inputs are read and outputs written, if not in room of its own: so that cases do not push each other's out of caches. */
  readonly room?: Room;
}

/** Inputs, all ones unless written to, and outputs. */
export interface Room {
  readonly input: Block;
  readonly output: Block;
}

/** Room for `samples` of them. */
export function roomFor({ memory }: Engine, rows: number, cols: number, samples: number): Room {
  const input = memory.allocate(cols * samples * 4 + 16);
  input.f32().fill(1);
  return { input, output: memory.allocate(rows * samples * 4 + 16) };
}

/** Compiles a weight in a format. */
export function productCase(engine: Engine, name: string, options: ProductOptions): TiledCase {
  const { values, rows, cols, format, lanes, tiles = 1, x } = options;
  const weight = Weight.of(engine, values, rows, cols);
  const product = productFormats[format].compile(engine, { weight, bias: null, lanes, low: 0 });
  const { input, output } = options.room ?? roomFor(engine, rows, cols, lanes * tiles);
  if (x) input.f32(x.length).set(x);
  const [from, to] = [input.address, output.address];
  const blocks: Block[] = options.room ? [...product.blocks] : [...product.blocks, input, output];
  const first = (name: string, tiles: number): Case => ({
    name,
    run(times) {
      for (let i = 0; i < times; i++) product.run(from, to, tiles);
    },
  });
  return {
    ...first(name, tiles),
    first,
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
