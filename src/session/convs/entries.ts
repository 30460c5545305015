/** Weights of convolutions as kernels read them: entries (u32 offset, f32) filter by filter, and where those of each end. */

import type { Block } from '../../runtime/block.js';
import type { Engine } from '../../runtime/engine.js';
import type { Weight } from '../weight.js';

/** Byte offset of the input that a weight meets. */
type Place = (row: number, col: number) => number;

/** Entries, ends in bytes from the first one, and how many there are. */
export interface ConvEntries {
  readonly entries: Block;
  readonly ends: Block;
  readonly count: number;
}

function allocate({ memory }: Engine, count: number, rows: number) {
  const entries = memory.allocate(Math.max(8, count * 8), false);
  const ends = memory.allocate(rows * 4, false);
  return {
    entries,
    ends,
    offsets: entries.u32(count * 2),
    values: entries.f32(count * 2),
    end: ends.u32(rows),
  };
}

/** Nonzeros only, in parts of so many columns, one after the other. */
export function liveEntries(
  engine: Engine,
  { csr, rows, cols }: Weight,
  place: Place,
  partCols = cols,
): ConvEntries {
  const { rowPtr, colIdx, values } = csr;
  const parts = Math.max(1, Math.ceil(cols / partCols));
  const made = allocate(engine, values.length, parts * rows);
  const next = rowPtr.slice();
  let at = 0;
  for (let part = 0; part < parts; part++) {
    const end = (part + 1) * partCols;
    for (let row = 0; row < rows; row++) {
      let i = next[row]!;
      for (; i < rowPtr[row + 1]! && colIdx[i]! < end; i++, at++) {
        made.offsets[2 * at] = place(row, colIdx[i]!);
        made.values[2 * at + 1] = values[i]!;
      }
      next[row] = i;
      made.end[part * rows + row] = at * 8;
    }
  }
  return { entries: made.entries, ends: made.ends, count: values.length };
}

/** All weights, zeros included. */
export function allEntries(engine: Engine, weight: Weight, place: Place): ConvEntries {
  const { rows, cols } = weight;
  const values = weight.dense.slice(); // allocating moves the memory that it may lie in
  const made = allocate(engine, rows * cols, rows);
  for (let i = 0; i < rows * cols; i++) {
    made.offsets[2 * i] = place(Math.floor(i / cols), i % cols);
    made.values[2 * i + 1] = values[i]!;
  }
  for (let row = 0; row < rows; row++) made.end[row] = (row + 1) * cols * 8;
  return { entries: made.entries, ends: made.ends, count: rows * cols };
}
