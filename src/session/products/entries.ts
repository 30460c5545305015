/** Writes nonzeros in the layouts that the kernels over tiles read. */

import type { Block } from '../../runtime/block.js';
import type { Engine } from '../../runtime/engine.js';
import type { Csr } from '../csr.js';
import { biasAt } from './groups.js';

/** Bias of a product as the kernels need it: [rows], zeros where there is none, -0 as 0. */
export function biasBlock({ memory }: Engine, bias: Float32Array | null, rows: number): Block {
  const block = memory.allocate(rows * 4);
  const values = block.f32(rows);
  for (let r = 0; r < rows; r++) values[r] = biasAt(bias, r);
  return block;
}

/** Entries (u32 byte offset into a tile, f32) and where they end. */
export interface EntryList {
  readonly entries: Block;
  readonly list: Block;
  readonly bytes: number;
}

function allocate({ memory }: Engine, nnz: number, listLength: number): EntryList {
  const entries = memory.allocate(nnz * 8);
  const list = memory.allocate(listLength * 4);
  return { entries, list, bytes: nnz * 8 + listLength * 4 };
}

/** Rows in order, cut into panels of `width` columns: entries panel by panel, ends [panels, rows] in bytes. */
export function panelEntries(engine: Engine, csr: Csr, lanes: number, panels: number): EntryList {
  const { rows, cols, rowPtr, colIdx, values } = csr;
  const made = allocate(engine, values.length, panels * rows);
  const offsets = made.entries.u32(values.length * 2);
  const weights = made.entries.f32(values.length * 2);
  const ends = made.list.u32(panels * rows);
  const next = rowPtr.slice(0, rows);
  const width = Math.ceil(cols / panels);
  let at = 0;
  for (let p = 0; p < panels; p++) {
    const limit = (p + 1) * width;
    for (let r = 0; r < rows; r++) {
      let i = next[r]!;
      for (const end = rowPtr[r + 1]!; i < end && colIdx[i]! < limit; i++) {
        offsets[at] = colIdx[i]! * lanes * 4;
        weights[at + 1] = values[i]!;
        at += 2;
      }
      next[r] = i;
      ends[p * rows + r] = at * 4;
    }
  }
  return made;
}

/** Row numbers, longest first; equally long ones in order. */
export function byLength({ rows, rowPtr }: Csr): number[] {
  const length = (r: number) => rowPtr[r + 1]! - rowPtr[r]!;
  return Array.from({ length: rows }, (_, r) => r).sort((a, b) => length(b) - length(a) || a - b);
}

/**
 * Rows in groups of `size`, longest first: what all rows of a group have is interleaved, the rest follows row by row.
 * The list holds, for every group, its row numbers, then the bytes of the common part and of each rest. A group short
 * of rows repeats its first one, without entries.
 */
export function groupEntries(
  engine: Engine,
  csr: Csr,
  lanes: number,
  size: number,
): EntryList & { readonly groups: number } {
  const { rows, rowPtr, colIdx, values } = csr;
  const groups = Math.ceil(rows / size);
  const made = allocate(engine, values.length, groups * (2 * size + 1));
  const offsets = made.entries.u32(values.length * 2);
  const weights = made.entries.f32(values.length * 2);
  const list = made.list.u32(groups * (2 * size + 1));
  const order = byLength(csr);
  let [at, to] = [0, 0];
  const put = (i: number) => {
    offsets[at] = colIdx[i]! * lanes * 4;
    weights[at + 1] = values[i]!;
    at += 2;
  };
  for (let first = 0; first < rows; first += size) {
    const members = order.slice(first, first + size);
    const last = members.at(-1)!;
    const common = members.length === size ? rowPtr[last + 1]! - rowPtr[last]! : 0;
    for (let j = 0; j < common; j++) for (const r of members) put(rowPtr[r]! + j);
    for (let j = 0; j < size; j++) list[to++] = members[j] ?? members[0]!;
    list[to++] = common * size * 8;
    for (let j = 0; j < size; j++) {
      const before = at;
      const r = members[j];
      if (r !== undefined) for (let i = rowPtr[r]! + common; i < rowPtr[r + 1]!; i++) put(i);
      list[to++] = (at - before) * 4;
    }
  }
  return { ...made, groups };
}

/** Weights in blocks, padding included. */
export interface BlockList extends EntryList {
  readonly stored: number;
}

/**
 * Blocks of `height` rows by one column: u32 byte offset and `height` values each; ends in bytes, block row by row.
 * `count`: room for so many, at least as many as there are.
 */
export function blockEntries(
  { memory }: Engine,
  csr: Csr,
  { lanes, height, count }: { lanes: number; height: number; count: number },
): BlockList {
  const { rows, rowPtr, colIdx, values } = csr;
  const groups = Math.ceil(rows / height);
  const words = height + 1;
  const entries = memory.allocate(count * words * 4);
  const list = memory.allocate(groups * 4);
  const offsets = entries.u32(count * words);
  const weights = entries.f32(count * words).fill(0);
  const ends = list.u32(groups);
  let at = 0;
  for (let g = 0; g < groups; g++) {
    const first = g * height;
    const members = Math.min(height, rows - first);
    const next = Array.from({ length: members }, (_, j) => rowPtr[first + j]!);
    for (;;) {
      let col = Infinity;
      for (let j = 0; j < members; j++) {
        if (next[j]! < rowPtr[first + j + 1]!) col = Math.min(col, colIdx[next[j]!]!);
      }
      if (col === Infinity) break;
      offsets[at] = col * lanes * 4;
      for (let j = 0; j < members; j++) {
        if (next[j]! < rowPtr[first + j + 1]! && colIdx[next[j]!] === col) {
          weights[at + 1 + j] = values[next[j]!]!;
          next[j]!++;
        }
      }
      at += words;
    }
    ends[g] = at * 4;
  }
  return { entries, list, bytes: at * 4 + groups * 4, stored: (at / words) * height };
}
