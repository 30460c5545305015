/** Warps images in WebAssembly memory: owns scratch and weights for one recipe and one shape. */

import type { Block } from '../../runtime/block.js';
import type { Engine } from '../../runtime/engine.js';
import type { TrainKernels } from '../../runtime/trainKernels.js';
import { deriveSeed, Random } from '../../tensor/random.js';
import type { Shape } from '../../tensor/shape.js';
import { drawMovement, inverseMap } from './affine.js';
import { doesNothing, type ElasticOptions, type ImageRecipe } from './imageOptions.js';

/** The coarse grid on which the noise of elastic distortions is drawn. */
interface Grid {
  readonly spacing: number;
  /** Grid rows that matter on one side of a pixel, and in all. */
  readonly reach: number;
  readonly taps: number;
  readonly rows: number;
  readonly cols: number;
}

/**
 * Noise on every `spacing`-th pixel, with weights that much larger, gives once smoothed what noise on every pixel gives, as
 * long as spacing <= smoothness: its variance differs by less than a part in 2000 from place to place. Beyond three standard deviations
 * weights are left out.
 */
function gridFor({ smoothness }: ElasticOptions, height: number, width: number): Grid {
  const spacing = Math.max(1, Math.floor(smoothness));
  const reach = Math.ceil((3 * smoothness) / spacing);
  const taps = 2 * reach + 2;
  const along = (pixels: number) => Math.floor((pixels - 1) / spacing) + taps;
  return { spacing, reach, taps, rows: along(height), cols: along(width) };
}

/** Free it when done. */
export class ImageWarper {
  readonly #engine: Engine;
  readonly #kernels: TrainKernels;
  readonly #recipe: ImageRecipe;
  readonly #shape: Shape;
  readonly #seed: number;
  readonly #grid: Grid | undefined;
  readonly #scratch: Block;
  /** Byte addresses in the scratch block; its parts are named in the constructor. */
  readonly #at: Readonly<
    Record<'map' | 'padded' | 'noise' | 'lines' | 'turned' | 'field' | 'phases', number>
  >;

  /** Throws MemoryError, and keeps nothing, when the memory does not suffice. */
  constructor(engine: Engine, kernels: TrainKernels, recipe: ImageRecipe, shape: Shape, seed: number) {
    this.#engine = engine;
    this.#kernels = kernels;
    this.#recipe = recipe;
    this.#shape = shape;
    this.#seed = seed;
    const [, height, width] = shape as readonly [number, number, number];
    const grid = recipe.elastic && gridFor(recipe.elastic, height, width);
    this.#grid = grid;
    const lines = grid ? 2 * grid.rows * width : 0;
    const floats = {
      map: 6,
      padded: (height + 3) * (width + 3),
      noise: grid ? 2 * grid.rows * grid.cols : 0,
      lines,
      turned: lines,
      field: grid ? 2 * height * width : 0,
      phases: grid ? grid.spacing * grid.taps : 0,
    };
    let end = 0;
    const offsets = Object.entries(floats).map(([name, count]) => {
      const offset = end;
      end += Math.ceil(count / 16) * 64;
      return [name, offset] as const;
    });
    this.#scratch = engine.memory.allocate(end, false);
    const { address } = this.#scratch;
    this.#at = Object.fromEntries(offsets.map(([name, offset]) => [name, address + offset])) as never;
    if (grid && recipe.elastic) {
      kernels.gaussian_phases_f32(this.#at.phases, grid.spacing, grid.reach, recipe.elastic.smoothness);
    }
  }

  /** Makes the field of displacements for the image to come. */
  #displace({ spacing, taps, rows, cols }: Grid, strength: number, random: Random): void {
    const [, height, width] = this.#shape as readonly [number, number, number];
    const { noise, lines, turned, field, phases } = this.#at;
    // Noise lies [grid column][plane, grid row]: what is smoothed first are its columns.
    const planes = 2 * rows;
    this.#kernels.random_uniform_f32(
      noise,
      cols * planes,
      random.next(),
      random.next(),
      -strength,
      2 * strength,
    );
    this.#kernels.upsample_rows_f32(lines, noise, phases, width, planes, spacing, taps);
    this.#engine.kernels.tile_f32(turned, lines, planes, width, width);
    for (const plane of [0, 1]) {
      const [to, from] = [field + plane * height * width * 4, turned + plane * rows * width * 4];
      this.#kernels.upsample_rows_f32(to, from, phases, height, width, spacing, taps);
    }
  }

  /** Warps one image at a byte address. */
  #warp(address: number, sample: number, epoch: number): void {
    const [channels, height, width] = this.#shape as readonly [number, number, number];
    const random = new Random(deriveSeed(this.#seed, 12, epoch, sample));
    const { map, field, padded } = this.#at;
    this.#engine.memory.f32.set(inverseMap(drawMovement(this.#recipe, random), height, width), map / 4);
    const { elastic } = this.#recipe;
    if (this.#grid && elastic) this.#displace(this.#grid, elastic.strength, random);
    const displacements = this.#grid ? field : 0;
    this.#kernels.warp_f32(address, address, map, displacements, padded, channels, height, width);
  }

  /** Warps, in place, images that lie one after the other from a byte address on; image i is sample `samples[i]`. */
  apply(address: number, samples: Uint32Array, epoch: number): void {
    if (doesNothing(this.#recipe)) return;
    const [channels, height, width] = this.#shape as readonly [number, number, number];
    const bytes = channels * height * width * 4;
    samples.forEach((sample, i) => {
      this.#warp(address + i * bytes, sample, epoch);
    });
  }

  free(): void {
    this.#scratch.free();
  }
}
