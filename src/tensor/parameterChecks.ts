/** Checks of what a parameter is given: values, masks, formats, indices. */
import { DataError, ShapeError } from '../errors.js';
import { type FormatName, type SparseFormat, sparseFormats } from './formats/index.js';
import type { Choice } from './select.js';
import { type Shape, showShape, sizeOf } from './shape.js';

/** What checks know of a parameter. */
interface Described {
  readonly name: string;
  readonly shape: Shape;
  readonly length: number;
  readonly rows: number;
  readonly cols: number;
  readonly prunable: boolean;
}

/** Throws DataError unless `mask` holds only 0 and 1 and `values` are zero wherever it is 0. */
export function expectMasked(where: string, values: Float32Array, mask: Uint8Array): void {
  for (let i = 0; i < mask.length; i++) {
    if (mask[i]! > 1) throw new DataError(`${where}: a mask must hold only 0 and 1, got ${mask[i]} at ${i}`);
    if (mask[i] === 0 && values[i] !== 0) {
      throw new DataError(`${where}: pruned weights must be zero, got ${values[i]} at ${i}`);
    }
  }
}

/** Throws ShapeError unless `length` is that of the parameter. */
export function expectLength({ name, shape, length }: Described, got: number): void {
  if (got === length) return;
  throw new ShapeError(`${name}: values must be ${showShape(shape)} (${length}), got ${got}`);
}

/** Throws ShapeError unless `mask` is null or a byte for every element of a weight. */
export function expectMask({ name, length, prunable }: Described, mask: Uint8Array | null): void {
  if (!mask || (mask.length === length && prunable)) return;
  throw new ShapeError(`${name}: a mask must have ${length} bytes and prune weights, got ${mask.length}`);
}

/** Throws ShapeError when blocks of that format would hold `misfits` pruned weights beside live ones. */
export function expectWholeBlocks(where: string, format: FormatName, misfits: number): void {
  if (misfits === 0) return;
  throw new ShapeError(
    `${where}: for ${format}, blocks of ${sparseFormats[format as SparseFormat]} weights must be pruned together, ` +
      `got ${misfits} pruned weights in blocks with live ones`,
  );
}

/** How many indices there are; throws ShapeError unless they ascend below `size`. */
function expectIndices(where: string, indices: Uint32Array | null, size: number): number {
  if (!indices) return size;
  const wrong = indices.findIndex((index, i) => index >= size || (i > 0 && index <= indices[i - 1]!));
  if (wrong < 0 && indices.length > 0) return indices.length;
  const got = wrong < 0 ? 'none' : `${indices[wrong]} at ${wrong}`;
  throw new ShapeError(`${where}: must be at least one index, ascending below ${size}, got ${got}`);
}

/** Throws ShapeError unless the rows and columns that stay are in order and range, and make up `shape`. */
export function expectChoice(parameter: Described, choice: Choice, shape: Shape): void {
  const { name } = parameter;
  const rows = expectIndices(`${name}: rows`, choice.rows, parameter.rows);
  const cols = expectIndices(`${name}: columns`, choice.cols, parameter.cols);
  if (shape[0] === rows && sizeOf(shape) === rows * cols) return;
  throw new ShapeError(`${name}: the shape left must be ${rows} rows of ${cols}, got ${showShape(shape)}`);
}
