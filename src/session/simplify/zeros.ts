/** Which rows and columns of a weight hold nothing but zeros. */
import type { Engine } from '../../runtime/engine.js';
import { GONE, placed } from '../csr.js';
import type { Weight } from '../weight.js';

/** A part of a weight: those `rows` and `cols`, ascending. */
export interface Part {
  readonly weight: Weight;
  readonly rows: Uint32Array;
  readonly cols: Uint32Array;
}

/** 1 for each of `indices` among `size` places. */
export function marks(indices: Uint32Array, size: number): Uint8Array {
  const marked = new Uint8Array(size);
  for (let i = 0; i < indices.length; i++) marked[indices[i]!] = 1;
  return marked;
}

/** The values at those places. */
export function gather(values: Float32Array, indices: Uint32Array): Float32Array {
  const chosen = new Float32Array(indices.length);
  for (let i = 0; i < indices.length; i++) chosen[i] = values[indices[i]!]!;
  return chosen;
}

/** True when a weight holds no zero. */
export const isFull = ({ nnz, rows, cols }: Weight) => nnz === rows * cols && nnz > 0;

/** Number of each of `size` columns among `cols`, ascending; GONE for the others. */
export function placesIn(cols: Uint32Array, size: number): Uint32Array {
  const places = new Uint32Array(size).fill(GONE);
  for (let i = 0; i < cols.length; i++) places[cols[i]!] = i;
  return places;
}

/** Those of `indices` whose mark is `mark`; `indices` itself when all are. */
function marked(indices: Uint32Array, marks: Uint8Array, mark: 0 | 1): Uint32Array {
  const chosen = new Uint32Array(indices.length);
  let count = 0;
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i]!;
    if (marks[index] === mark) chosen[count++] = index;
  }
  return count === indices.length ? indices : chosen.slice(0, count);
}

/** Those of `cols` that hold a nonzero in any of `rows`; `cols` itself when all do. */
export function columnsRead(engine: Engine, { weight, rows, cols }: Part): Uint32Array {
  if (isFull(weight) && rows.length > 0) return cols;
  const words = Math.ceil(weight.cols / 4);
  const seen = placed(engine, weight.csr, words + rows.length, ({ block, colIdx, rowPtr, extra, behind }) => {
    block.u32(rows.length, behind + words).set(rows);
    engine.kernels.csr_mark_columns(extra, colIdx, rowPtr, extra + words * 4, rows.length);
    return block.u8(behind * 4 + weight.cols).slice(behind * 4);
  });
  return marked(cols, seen, 1);
}

/** Marks those of `rows` that hold no nonzero in any of `cols`; null when there is none. */
function emptyRows({ weight, rows, cols }: Part): Uint8Array | null {
  const { rowPtr, colIdx } = weight.csr;
  const live = cols.length < weight.cols ? marks(cols, weight.cols) : null;
  let empty: Uint8Array | null = null;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    const end = rowPtr[row + 1]!;
    let j = rowPtr[row]!;
    if (live) while (j < end && live[colIdx[j]!] === 0) j++;
    if (j < end) continue;
    empty ??= new Uint8Array(weight.rows);
    empty[row] = 1;
  }
  return empty;
}

/** Those of `rows` that hold a nonzero in any of `cols`, and those that hold none. */
export function splitRows(part: Part): { varying: Uint32Array; zero: Uint32Array } {
  const { weight, rows, cols } = part;
  const empty = isFull(weight) && cols.length > 0 ? null : emptyRows(part);
  if (!empty) return { varying: rows, zero: new Uint32Array(0) };
  return { varying: marked(rows, empty, 0), zero: marked(rows, empty, 1) };
}
