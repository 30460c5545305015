/** Gradients of weights that are stored sparse, absent ones included: some rows at a time. */
import { filterGradients } from '../train/convolution/weightGradient.js';
import type { WeightPass } from '../train/passes.js';
import type { Trainable } from '../train/trainable.js';

/** Gradients of some rows [rows, cols], absent weights included: their byte address. */
export type RowGradients = (first: number, rows: number) => number;

/** What memory and kernels come from. */
export type Owner = Pick<Trainable, 'engine' | 'kernels'>;

/** Those of a convolution. */
function withFilterGradients<T>(
  { engine: { memory } }: Owner,
  pass: WeightPass,
  slabRows: number,
  use: (gradients: RowGradients) => T,
): T {
  const slab = memory.allocate(slabRows * pass.parameters[0]!.cols * 4, false);
  try {
    return use((first, rows) => {
      filterGradients(pass, pass.spec, slab.address, first, rows);
      return slab.address;
    });
  } finally {
    slab.free();
  }
}

/** Those of a dense layer. */
function withUnitGradients<T>(
  { engine: { memory }, kernels }: Owner,
  { x, dy, inputs, outputs, lanes, tiles }: WeightPass,
  slabRows: number,
  use: (gradients: RowGradients) => T,
): T {
  const panels = (tiles * lanes) / 8;
  const sizes = [
    inputs * panels * 32,
    slabRows * panels * 32,
    slabRows * inputs * 4,
    Math.ceil(inputs / 8) * (panels * 288 + 4) + panels * 160 + 64,
  ];
  const blocks = memory.allOrNothing(() => sizes.map((bytes) => memory.allocate(bytes, false)));
  const [xs, dys, gradient, scratch] = blocks.map(({ address }) => address) as [
    number,
    number,
    number,
    number,
  ];
  try {
    kernels.panels_from_tiles_f32(xs, x, inputs, 0, inputs, lanes, tiles);
    return use((first, rows) => {
      kernels.panels_from_tiles_f32(dys, dy, outputs, first, rows, lanes, tiles);
      kernels.gemm_nt_f32(gradient, dys, xs, rows, inputs, panels, scratch);
      return gradient;
    });
  } finally {
    for (const block of blocks) block.free();
  }
}

/** Gradients of the rows of a weight, made for at most `slabRows` rows at a time, as long as `use` takes. */
export function withRowGradients<T>(
  model: Owner,
  pass: WeightPass,
  slabRows: number,
  use: (gradients: RowGradients) => T,
): T {
  const withGradients = pass.spec.kind === 'conv2d' ? withFilterGradients : withUnitGradients;
  return withGradients(model, pass, slabRows, use);
}
