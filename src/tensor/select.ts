/** Smaller matrices out of larger ones: some rows and columns, with what was live of them. */
import { formatOfHeight, sparseFormats } from './formats/format.js';
import { bitsOf, type TensorValues } from './values.js';

/** Stands for a place that has no source: rows of a block beyond the matrix hold 0. */
const NONE = 0xffffffff;

/** Which rows and columns stay, ascending; null for all. */
export interface Choice {
  readonly rows: Uint32Array | null;
  readonly cols: Uint32Array | null;
}

/** A smaller matrix: how it is stored, with the values of the larger one, and where each array takes its elements. */
export interface Selection {
  readonly rows: number;
  readonly cols: number;
  readonly data: TensorValues;
  /** By place in an array of the smaller matrix: that in the same array of the larger one, or NONE. */
  readonly from: Uint32Array;
}

/** Live elements row by row: columns of the smaller matrix, and places in the arrays of the larger one. */
interface Live {
  readonly rowPtr: Uint32Array;
  readonly colIdx: Uint32Array;
  readonly from: Uint32Array;
}

function upTo(size: number): Uint32Array {
  return Uint32Array.from({ length: size }, (_, i) => i);
}

/** Copies elements as bits: copied as numbers, a NaN may come out with other bits. */
export function gather(to: Float32Array, source: Float32Array, { from }: Pick<Selection, 'from'>): void {
  const [target, bits] = [bitsOf(to), bitsOf(source)];
  for (let i = 0; i < from.length; i++) target[i] = from[i] === NONE ? 0 : bits[from[i]!]!;
}

function gathered(source: Float32Array, from: Uint32Array): Float32Array {
  const values = new Float32Array(from.length);
  gather(values, source, { from });
  return values;
}

/** From all values, row-major; the mask goes when it has nothing to prune any more. */
function fromDense(
  { values, mask }: Extract<TensorValues, { format: 'dense' }>,
  width: number,
  rows: Uint32Array,
  cols: Uint32Array,
): Selection {
  const from = new Uint32Array(rows.length * cols.length);
  let next = 0;
  for (let i = 0; i < rows.length; i++) {
    const start = rows[i]! * width;
    for (let j = 0; j < cols.length; j++) from[next++] = start + cols[j]!;
  }
  const left = mask && Uint8Array.from(from, (at) => mask[at]!);
  const pruned = left?.includes(0) ? left : null;
  const data = { format: 'dense', values: gathered(values, from), mask: pruned } as const;
  return { rows: rows.length, cols: cols.length, data, from };
}

/** What stays of the live elements of a sparse matrix. */
function liveOf(
  { cols: width, height, rowPtr, colIdx }: Exclude<TensorValues, { format: 'dense' }>,
  rows: Uint32Array,
  cols: Uint32Array,
): Live {
  const places = new Uint32Array(width).fill(NONE);
  cols.forEach((col, i) => {
    places[col] = i;
  });
  const left = { rowPtr: new Uint32Array(rows.length + 1), colIdx: [] as number[], from: [] as number[] };
  rows.forEach((row, i) => {
    const group = Math.floor(row / height);
    for (let block = rowPtr[group]!; block < rowPtr[group + 1]!; block++) {
      const col = places[colIdx[block]!]!;
      if (col === NONE) continue;
      left.colIdx.push(col);
      left.from.push(block * height + (row - group * height));
    }
    left.rowPtr[i + 1] = left.from.length;
  });
  return { rowPtr: left.rowPtr, colIdx: Uint32Array.from(left.colIdx), from: Uint32Array.from(left.from) };
}

/** True when the rows of each group of `height` have the same columns. */
function inBlocks({ rowPtr, colIdx }: Live, height: number): boolean {
  for (let row = 0; row + 1 < rowPtr.length; row++) {
    const first = row - (row % height);
    const [start, own] = [rowPtr[first]!, rowPtr[row]!];
    const count = rowPtr[first + 1]! - start;
    if (rowPtr[row + 1]! - own !== count) return false;
    for (let i = 0; i < count; i++) if (colIdx[own + i] !== colIdx[start + i]) return false;
  }
  return true;
}

/** The same elements as blocks of `height` rows; they must come in such. */
function blocksOf({ rowPtr, colIdx, from }: Live, height: number): Live {
  const rows = rowPtr.length - 1;
  const groups = Math.ceil(rows / height);
  const made = { rowPtr: new Uint32Array(groups + 1), colIdx: [] as number[] };
  const places: number[] = [];
  for (let group = 0; group < groups; group++) {
    const first = group * height;
    const count = rowPtr[first + 1]! - rowPtr[first]!;
    for (let i = 0; i < count; i++) {
      made.colIdx.push(colIdx[rowPtr[first]! + i]!);
      for (let j = 0; j < height; j++) {
        places.push(first + j < rows ? from[rowPtr[first + j]! + i]! : NONE);
      }
    }
    made.rowPtr[group + 1] = made.colIdx.length;
  }
  return { rowPtr: made.rowPtr, colIdx: Uint32Array.from(made.colIdx), from: Uint32Array.from(places) };
}

function fromSparse(
  data: Exclude<TensorValues, { format: 'dense' }>,
  rows: Uint32Array,
  cols: Uint32Array,
): Selection {
  const live = liveOf(data, rows, cols);
  const size = { rows: rows.length, cols: cols.length };
  if (live.from.length === size.rows * size.cols) {
    const values = gathered(data.values, live.from);
    return { ...size, data: { format: 'dense', values, mask: null }, from: live.from };
  }
  const height = inBlocks(live, sparseFormats[data.format]) ? data.height : 1;
  const { from, ...structure } = height === 1 ? live : blocksOf(live, height);
  const values = gathered(data.values, from);
  return { ...size, data: { format: formatOfHeight(height), ...size, height, ...structure, values }, from };
}

/**
 * Some rows and columns of a matrix [rows, cols]. It stays in its format, but for two cases: what is live to the last
 * weight becomes dense without a mask, and blocks that have come apart become compressed sparse rows.
 */
export function select(data: TensorValues, rows: number, cols: number, choice: Choice): Selection {
  const [keptRows, keptCols] = [choice.rows ?? upTo(rows), choice.cols ?? upTo(cols)];
  if (data.format === 'dense') return fromDense(data, cols, keptRows, keptCols);
  return fromSparse(data, keptRows, keptCols);
}
