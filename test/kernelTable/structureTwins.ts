/** Weights in sparse storage, in plain loops: structures as lists of positions, values by position. */
import type { SeededRandom } from '../support/seededRandom.js';

/** Where the blocks of a weight lie; see assembly/kernels/blocks_structure.ts. */
export interface Structure {
  readonly rowPtr: Uint32Array<ArrayBuffer>;
  readonly colIdx: Uint32Array<ArrayBuffer>;
}

/** The matrix [rows, cols] that blocks of `height` rows are cut from. */
export interface Matrix {
  readonly rows: number;
  readonly cols: number;
  readonly height: number;
}

export const groupsOf = ({ rows, height }: Pick<Matrix, 'rows' | 'height'>): number =>
  Math.ceil(rows / height);

/** The structure with blocks at these positions, in any order. */
export function structureOf(positions: readonly number[], groups: number, cols: number): Structure {
  const rowPtr = Uint32Array.from(
    { length: groups + 1 },
    (_, g) => positions.filter((position) => position < g * cols).length,
  );
  const ascending = [...positions].sort((a, b) => a - b);
  return { rowPtr, colIdx: Uint32Array.from(ascending, (position) => position % cols) };
}

/**
 * Positions of about 1 - sparsity of all blocks, ascending; every third group has none if `holes`. With `stretch`, only
 * columns stretch - 1, 2 stretch - 1 and so on are drawn from, so that matrices can be wide.
 */
export function drawPositions(
  random: SeededRandom,
  { rows, cols, height }: Matrix,
  { sparsity, holes, stretch = 1 }: { sparsity: number; holes: number; stretch?: number },
): number[] {
  const across = cols / stretch;
  const keep = random.mask(groupsOf({ rows, height }) * across, sparsity);
  return Array.from(keep, (_, i) => i)
    .filter((i) => keep[i] && !(holes && Math.floor(i / across) % 3 === 1))
    .map((i) => i * stretch + stretch - 1);
}

/** Row-major indices of the values of the blocks at these positions, in order; -1 for rows beyond the matrix. */
export function indicesOf(positions: readonly number[], { rows, cols, height }: Matrix): number[] {
  return positions.flatMap((position) =>
    Array.from({ length: height }, (_, j) => {
      const row = Math.floor(position / cols) * height + j;
      return row < rows ? row * cols + (position % cols) : -1;
    }),
  );
}

/** Values of blocks by position, for structures over the same matrix. */
export function valuesByPosition(
  positions: readonly number[],
  values: Uint32Array,
  height: number,
): Map<number, Uint32Array> {
  return new Map(
    positions.map((position, i) => [position, values.subarray(i * height, (i + 1) * height)] as const),
  );
}

/** Sum of |value| over each run of `height` values, rounded to float32 after every addition. */
export function blockScores(values: ArrayLike<number>, height: number): number[] {
  return Array.from({ length: values.length / height }, (_, i) => {
    let sum = 0;
    for (let j = 0; j < height; j++) sum = Math.fround(sum + Math.abs(values[i * height + j]!));
    return sum;
  });
}
