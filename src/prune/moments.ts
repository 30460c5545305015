/** Second moments of the inputs of a layer as matrices to solve with, in float64. */
import { NumericError, ShapeError } from '../errors.js';
import type { Block } from '../runtime/block.js';
import type { PruneKernels } from '../runtime/pruneKernels.js';
import { type Room, writeDoubles } from './statistics/room.js';

/** A pivot must be more than this share of its diagonal entry: what is below is rounding. */
export const PIVOT = 1e-12;

/** What is known of the inputs of a layer. */
export interface Moments {
  readonly name: string;
  /** X · X^T / samples, [size * size]. */
  readonly gram: Float64Array;
  readonly size: number;
  readonly cols: number;
  /** True when the last input is the constant 1. */
  readonly constant: boolean;
  /** Inputs that are not 0 in every sample, ascending; the constant is none of them. */
  readonly live: Uint32Array;
  /** What is added to the diagonal: damp * mean(diagonal of the live inputs). */
  readonly ridge: number;
}

/** Takes a gathered gram apart. Throws ShapeError when it does not fit. */
export function momentsOf(name: string, gram: Float64Array, cols: number, damp: number): Moments {
  const size = Math.round(Math.sqrt(gram.length));
  if (size * size !== gram.length || size < cols || size > cols + 1) {
    throw new ShapeError(
      `${name}: gram must be [${cols}, ${cols}], or one more with a bias, got ${gram.length} values`,
    );
  }
  const diagonal = (j: number) => gram[j * size + j]!;
  const live = Uint32Array.from({ length: cols }, (_, j) => j).filter((j) => diagonal(j) > 0);
  const mean = live.reduce((sum, j) => sum + diagonal(j), 0) / Math.max(1, live.length);
  return { name, gram, size, cols, constant: size > cols, live, ridge: damp * mean };
}

/** The error for moments that cannot be solved with. */
export function singular({ name }: Moments, where: string): NumericError {
  return new NumericError(
    `${where}: second moments of the inputs of ${name} must be positive definite, got dependent inputs; ` +
      'give more samples or a damp above 0',
  );
}

/** (G + ridge I)^-1 over the inputs in `order`, the lower half of [n, n]. Throws NumericError when there is none. */
export function inverseOf(
  kernels: PruneKernels,
  room: Room,
  moments: Moments,
  order: Uint32Array,
  where: string,
): Block {
  const n = order.length;
  const { memory } = room;
  const inverse = room.doubles(n * n);
  const [gram, list, factor, row] = memory.allOrNothing(() => [
    memory.allocate(moments.gram.length * 8, false),
    memory.allocate(n * 4, false),
    memory.allocate(n * n * 8),
    memory.allocate(n * 8, false),
  ]);
  try {
    writeDoubles(gram!, moments.gram);
    list!.u32(n).set(order);
    kernels.gather_lower_f64(factor!.address, gram!.address, moments.size, list!.address, n, moments.ridge);
    if (kernels.cholesky_f64(factor!.address, n, PIVOT) < n) throw singular(moments, where);
    kernels.cholesky_invert_f64(inverse.address, factor!.address, n, row!.address);
    return inverse;
  } finally {
    for (const block of [gram, list, factor, row]) block!.free();
  }
}
